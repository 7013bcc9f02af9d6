import assert from "node:assert/strict";
import { InputError } from "../../src/base/errors.ts";
import { createFillMask } from "../../src/pipelines/tasks/fill_mask.ts";
import { type Call, FakeMaskedLM, shippedTokenizer, warnings } from "./fakes.ts";

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
  const words = await filling().fill("[MASK] and [MASK]", { top_k: 1, per_mask: true });
  assert.deepEqual(words.map((list) => list.map(({ token }) => token)), [[340], [350]]);
  assert.equal(words[0]![0]!.sequence, "person and [MASK]");
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
  assert.deepEqual(model.calls[0]!.narrow_mask, [[0, 1, 1, 0, 0], [0, 0, 1, 0, 0], [0, 1, 0, 0, 0]]); // longest first
  assert.deepEqual(results.map((result) => result.length), [1, 2, 1]);
  assert.deepEqual(await fill([]), []);
});

Deno.test("many masks run in batches whose logits fit a GPU buffer", async () => {
  const { fill, model } = filling();
  assert.equal((await fill(new Array(3000).fill("[MASK]"), { top_k: 1 })).length, 3000);
  const rows = model.calls.map(({ input_ids }) => input_ids.length);
  assert(rows.length > 1 && Math.max(...rows) * model.config.vocab_size * 4 <= 128 * 2 ** 20, `batches of ${rows}`);
});

Deno.test("a text of many masks does not widen the logits of many texts of one past a GPU buffer", async () => {
  const { fill, model } = filling();
  const options = { targets: ["person"], top_k: 1 };
  assert.equal((await fill(["[MASK] ".repeat(90), ...new Array(600).fill("[MASK]")], options)).length, 601);
  for (const { narrow_mask } of model.calls as Required<Call>[]) {
    const rows = Math.max(...narrow_mask.map((flags) => flags.filter(Boolean).length));
    const bytes = narrow_mask.length * rows * model.config.vocab_size * 4;
    assert(bytes <= 128 * 2 ** 20, `${narrow_mask.length} texts of up to ${rows} masks: ${bytes} bytes of logits`);
  }
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
  const cut = "Cannot fill masks in the text: truncation cuts off";
  const end = "as the model takes 96 tokens";
  const long = "person ".repeat(200);
  for (const [text, mask] of [[`${long}[MASK]`, "its mask"], [`[MASK] ${long}[MASK] [MASK]`, "mask 2 of 3"]]) {
    await assert.rejects(() => fill(text!, { truncation: true }), new InputError(`${cut} ${mask}, ${end}`));
  }
  assert.equal(model.calls.length, 0);
});

Deno.test("top_k out of range is refused before anything is computed", async () => {
  const { fill, model } = filling();
  for (const top_k of [0, 1.5, 129, NaN]) {
    const message = `Cannot fill masks: top_k must be a whole number from 1 to 128, got ${top_k}`;
    await assert.rejects(() => fill("[MASK]", { top_k }), new RangeError(message));
  }
  assert.equal(model.calls.length, 0);
});

Deno.test("targets are the only words to choose from, each once, likeliest first", async () => {
  const { fill } = filling();
  const total = 8000 * 7999 / 2; // of all probabilities, before they are made to add up to 1
  const words = await fill("a [MASK]", { targets: ["person", "horse", "the", "person"] });
  assert.deepEqual(words.map((word) => "token" in word && [word.token, word.sequence]), [
    [1484, "a horse"],
    [340, "a person"],
    [108, "a the"],
  ]);
  words.forEach((word) => assert("token" in word && Math.abs(word.score - word.token / total) < 1e-9));
  assert.equal((await fill("a [MASK]", { targets: ["person", "horse", "the"], top_k: 2 })).length, 2);
  assert.equal((await fill("a [MASK]", { targets: "person" })).length, 1);
  const [first, second] = await fill("[MASK] [MASK]", { targets: ["person", "horse"], per_mask: true });
  assert.deepEqual(first!.map(({ token }) => token), second!.map(({ token }) => token));
});

Deno.test("targets that are no word piece give their first ones, with one warning for all", async () => {
  const said = await warnings(async () => {
    const [words] = await filling().fill("a [MASK]", { targets: ["horsey", "king", "Treey"], per_mask: true });
    assert.deepEqual(words!.map(({ token_str }) => token_str).sort(), ["horse", "king", "tree"]);
  });
  assert.deepEqual(said, [
    "narrowbert: targets that are no word piece of the vocabulary are replaced by their first: " +
    '"horse" for "horsey", "tree" for "Treey"',
  ]);
});

Deno.test("targets that name nothing are refused", async () => {
  const { fill, model } = filling();
  const cases: [targets: string[], error: Error][] = [
    [[], new RangeError("Cannot fill masks: targets must name a word at least, got none")],
    [["person", "😀"], new RangeError('Cannot fill masks: target "😀" has no word piece in the vocabulary')],
    [[""], new RangeError('Cannot fill masks: target "" has no word piece in the vocabulary')],
    [[7 as unknown as string], new TypeError("Cannot fill masks: targets must be strings, got a number")],
  ];
  for (const [targets, error] of cases) await assert.rejects(() => fill("[MASK]", { targets }), error);
  assert.equal(model.calls.length, 0);
});

Deno.test("dispose frees the model", () => {
  const { fill, model } = filling();
  fill.dispose();
  assert.equal(model.disposed, true);
});
