import assert from "node:assert/strict";
import { InputError } from "../../src/base/errors.ts";
import { createFillMask, wordsByMask } from "../../src/pipelines/fill_mask.ts";
import { FakeMaskedLM, shippedTokenizer } from "./fakes.ts";

const tokenizer = await shippedTokenizer();

function filling() {
  const model = new FakeMaskedLM();
  return { model, fill: createFillMask({ model, tokenizer }) };
}

Deno.test("one mask gives its words, likeliest first, with the filled text", async () => {
  const words = await filling().fill("A large [MASK]!", { top_k: 2 });
  assert.deepEqual(words, [
    { score: 0.5, token: 340, token_str: "person", sequence: "a large person!" },
    { score: 0.25, token: 341, token_str: "##ie", sequence: "a largeie!" },
  ]);
});

Deno.test("several masks give one list per mask, and show the other masks", async () => {
  const words = wordsByMask(await filling().fill("[MASK] and [MASK]", { top_k: 1 }));
  assert.deepEqual(words.map((list) => list.map(({ token }) => token)), [[340], [350]]);
  assert.equal(words[0]![0]!.sequence, "[CLS] person and [MASK] [SEP]");
});

Deno.test("five words unless top_k says otherwise", async () => {
  const { fill } = filling();
  assert.equal((await fill("[MASK]")).length, 5);
  assert.equal((await fill("[MASK]", { top_k: 7 })).length, 7);
});

Deno.test("a list runs as one batch; only the masks are narrow rows", async () => {
  const { fill, model } = filling();
  const results = await fill(["the [MASK]", "[MASK] [MASK] person", "[MASK]"], { top_k: 1 });
  assert.equal(model.calls.length, 1);
  assert.deepEqual(model.calls[0]!.narrow_mask, [[0, 0, 1, 0, 0], [0, 1, 1, 0, 0], [0, 1, 0, 0, 0]]);
  assert.deepEqual(results.map((result) => result.length), [1, 2, 1]);
  assert.deepEqual(await fill([]), []);
});

Deno.test("many masks run in batches whose logits fit a GPU buffer", async () => {
  const { fill, model } = filling();
  assert.equal((await fill(new Array(3000).fill("[MASK]"), { top_k: 1 })).length, 3000);
  const rows = model.calls.map(({ input_ids }) => input_ids.length);
  assert(rows.length > 1 && Math.max(...rows) * model.config.vocab_size * 4 <= 64 * 2 ** 20, `batches of ${rows}`);
});

Deno.test("texts whose masks cannot be filled are refused by name before the model runs", async () => {
  const { fill, model } = filling();
  const cases: [input: string | string[], message: string][] = [
    ["no mask here", 'Cannot fill masks in the text: it must contain "[MASK]", got "no mask here"'],
    [["a [MASK]", "none"], 'Cannot fill masks in text 2 of 2: it must contain "[MASK]", got "none"'],
    ["", 'Cannot fill masks in the text: it must hold a word, got ""'],
  ];
  for (const [input, message] of cases) {
    await assert.rejects(() => fill(input as string), new InputError(message));
  }
  await assert.rejects(() => fill("person ".repeat(200) + "[MASK]", { truncation: true }), /must contain "\[MASK\]"/);
  assert.equal(model.calls.length, 0);
});

Deno.test("dispose frees the model", () => {
  const { fill, model } = filling();
  fill.dispose();
  assert.equal(model.disposed, true);
});
