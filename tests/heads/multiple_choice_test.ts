import assert from "node:assert/strict";
import { type ModelInputs, NarrowBertForMultipleChoice, Tensor } from "../../mod.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { goldenModel } from "../golden/golden_case.ts";
import { assertLoss, crossEntropy } from "./losses.ts";

/** Two questions of three choices of two tokens. */
const input_ids = [[[1, 2], [3, 4], [5, 6]], [[7, 8], [9, 10], [11, 12]]];
const like = (value: number) => input_ids.map((choices) => choices.map((tokens) => tokens.map(() => value)));
const load = () => NarrowBertForMultipleChoice.from_pretrained(goldenModel("multiple-choice"));

Deno.test("each choice is scored as a sequence of its own", async () => {
  using model = await load();
  const { logits, loss, narrow_positions } = await model.forward({ input_ids });
  assert.deepEqual([logits.dims, loss, narrow_positions!.dims], [[2, 3], undefined, [6, 1]]);
  for (const [q, choices] of input_ids.entries()) {
    for (const [c, choice] of choices.entries()) {
      const { logits: alone } = await model.forward({ input_ids: [[choice]] });
      assert.deepEqual(alone.dims, [1, 1]);
      assert.ok(Math.abs(alone.item() - Number(logits.data[3 * q + c])) <= 1e-5, `choice ${c} of question ${q}`);
    }
  }
});

Deno.test("every input is flattened alike", async () => {
  using model = await load();
  const plain = await model.forward({ input_ids });
  const all = {
    input_ids: new Tensor("int64", input_ids.flat(2), [2, 3, 2]),
    attention_mask: like(1),
    token_type_ids: new Tensor("int32", new Int32Array(12), [2, 3, 2]),
    position_ids: input_ids.map((choices) => choices.map(() => [0, 1])),
    head_mask: [1, 1, 1, 1],
  };
  assert.deepEqual(await model.forward(all), plain);
  const types = await model.forward({ input_ids, token_type_ids: like(1) });
  assert.notDeepEqual(types.logits, plain.logits);
  const embeds = new Tensor("float32", new Float32Array(2 * 3 * 2 * 32).fill(0.5), [2, 3, 2, 32]);
  assert.deepEqual((await model.forward({ inputs_embeds: embeds })).logits.dims, [2, 3]);
});

Deno.test("the loss is the mean cross-entropy over the choices, -100 for no answer", async () => {
  using model = await load();
  const forms: [NonNullable<ModelInputs["labels"]>, number[]][] = [
    [[2, 0], [2, 0]],
    [[-100, 1], [-100, 1]],
    [new Tensor("int64", [1, 1], [2, 1]), [1, 1]],
  ];
  for (const [labels, expected] of forms) {
    const { logits, loss } = await model.forward({ input_ids, labels });
    assertLoss(loss, crossEntropy(logits.tolist() as number[][], expected));
  }
  const { loss } = await model.forward({ input_ids, labels: [-100, -100] });
  assert.equal(loss!.item(), 0);
});

const WRONG: [what: string, inputs: unknown, message: RegExp][] = [
  ["no inputs", null, /inputs must be an object with input_ids, got null$/],
  ["nothing", {}, /it takes input_ids or inputs_embeds, got neither$/],
  ["no choices", { input_ids: input_ids[0] }, /input_ids: shape must be \[batch, choices, tokens\], got \[3, 2\]$/],
  ["a level too many", { input_ids: [input_ids] }, /shape must be \[batch, choices, tokens\], got \[1, 2, 3, 2\]$/],
  [
    "ragged choices",
    { input_ids: [input_ids[0], [[1, 2]]] },
    /input_ids: its rows must have one length, got 3 .*and 1 in/,
  ],
  ["flat embeddings", { inputs_embeds: like(1) }, /inputs_embeds: shape must be \[batch, choices, tokens, 32\], got/],
  [
    "a mask of fewer choices",
    { input_ids, attention_mask: [[[1, 1]], [[1, 1]]] },
    /attention_mask: shape must be \[2, 3, 2\], got \[2, 1, 2\]$/,
  ],
  [
    "a mask without choices",
    { input_ids, attention_mask: [[1, 1], [1, 1]] },
    /attention_mask: shape must be \[2, 3, 2\], got \[2, 2\]$/,
  ],
  // What is wrong must be shown where the caller wrote it, not where flattening put it.
  ["an id past the vocabulary", { input_ids: [[[1, 2]], [[3, 99]]] }, /input_ids\[1\]\[0\]\[1\] must be .*got 99$/],
  [
    "a mask of 2",
    { input_ids, attention_mask: [like(1)[0], like(2)[1]] },
    /attention_mask\[1\]\[0\]\[0\] must be 0 or 1/,
  ],
  [
    "a mask of fewer tokens",
    { input_ids, attention_mask: input_ids.map((choices) => choices.map(() => [1])) },
    /attention_mask: shape must be \[2, 3, 2\], got \[2, 3, 1\]$/,
  ],
  ["a narrow mask", { input_ids, narrow_mask: like(1) }, /has a pooler with narrow_mask/],
  ["a label past the choices", { input_ids, labels: [0, 3] }, /labels\[1\] must be .*from 0 to 2 or -100, got 3$/],
  [
    "a label for each choice",
    { input_ids, labels: [[1, 0, 0], [0, 1, 0]] },
    /labels: shape must be \[2\], got \[2, 3\]$/,
  ],
  ["an unknown input", { input_ids, choices: 3 }, /there is no input "choices"; inputs are input_ids, /],
];

for (const [what, inputs, message] of WRONG) {
  Deno.test(`${what}: an InputError, and nothing on the GPU`, async () => {
    const gpu = await requestGpu();
    using model = await load();
    const before = gpu.counts;
    await assert.rejects(model.forward(inputs as ModelInputs), { name: "InputError", message });
    assert.deepEqual(gpu.counts, before);
  });
}
