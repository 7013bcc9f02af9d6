import assert from "node:assert/strict";
import { InputError, type ModelInputs, NarrowBertConfig, NarrowBertModel, Tensor } from "../../mod.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { readInputs } from "../../src/model/batch/inputs.ts";
import { goldenModel } from "../golden/golden_case.ts";

/** The golden models' sizes: V 99, H 32, 5 layers of 4 heads, 64 positions, 3 token types. */
const config = await NarrowBertConfig.from_pretrained(goldenModel("base"));
const IDS = [[1, 2, 3], [4, 5, 6]];
const EMBEDS = [0, 1].map((b) => [0, 1, 2].map((l) => new Array<number>(32).fill(b + l / 4)));
const ones = (...dims: number[]) => new Tensor("int32", new Int32Array(dims.reduce((a, b) => a * b, 1)).fill(1), dims);

/** Inputs that are wrong, and what the error says. */
const WRONG: [what: string, inputs: unknown, message: string | RegExp][] = [
  ["no inputs", null, /^Cannot run the model: inputs must be an object with input_ids, got null$/],
  ["text for inputs", "hello", /^Cannot run the model: inputs must be an object with input_ids, got hello$/],
  ["neither ids nor embeddings", {}, "Cannot run the model: it takes input_ids or inputs_embeds, got neither"],
  ["nulls alone", { input_ids: null, inputs_embeds: undefined }, /, got neither$/],
  ["ids and embeddings", { input_ids: IDS, inputs_embeds: EMBEDS }, /it takes input_ids or inputs_embeds, got both$/],
  ["an unknown input", { input_ids: IDS, input_mask: IDS }, /there is no input "input_mask"; inputs are input_ids, /],

  ["an id below 0", { input_ids: [[1, -1]] }, /input_ids\[0\]\[1\] must be a whole number from 0 to 98, got -1$/],
  [
    "an id past the vocabulary",
    { input_ids: [[1, 2], [98, 99]] },
    /input_ids\[1\]\[1\] must be .*from 0 to 98, got 99$/,
  ],
  ["a fractional id", { input_ids: [[1.5]] }, /input_ids\[0\]\[0\] must be a whole number .*got 1\.5$/],
  ["a NaN id", { input_ids: [[NaN]] }, /input_ids\[0\]\[0\] must be a whole number .*got NaN$/],
  ["an infinite id", { input_ids: [[Infinity]] }, /must be a whole number .*got Infinity$/],
  ["a huge bigint", { input_ids: [[2n ** 70n]] }, /must be a whole number from 0 to 98, got 1\.1805916207174113e\+21$/],
  [
    "a string id",
    { input_ids: [["7"]] },
    'Cannot read input_ids: input_ids[0][0] must be a number, got the string "7"',
  ],
  ["a null id", { input_ids: [[1, null]] }, "Cannot read input_ids: input_ids[0][1] must be a number, got null"],
  ["a missing id", { input_ids: [new Array(2)] }, /input_ids\[0\]\[0\] must be a number, got undefined$/],
  [
    "a text",
    { input_ids: "a text" },
    /^Cannot read input_ids: it must be a Tensor or nested arrays .*the string "a text"$/,
  ],
  ["a number", { input_ids: 5 }, /it must be a Tensor or nested arrays of numbers, got a number$/],
  ["an object", { input_ids: { 0: [1] } }, /it must be a Tensor or nested arrays of numbers, got another object$/],
  ["one row without a batch", { input_ids: [1, 2, 3] }, /shape must be \[batch, tokens\], got \[3\]$/],
  ["a level too many", { input_ids: [IDS] }, /shape must be \[batch, tokens\], got \[1, 2, 3\]$/],
  ["a scalar", { input_ids: ones() }, /shape must be \[batch, tokens\], got \[\]$/],
  [
    "ragged rows",
    { input_ids: [[1, 2, 3], [4, 5]] },
    "Cannot read input_ids: its rows must have one length, got 3 elements at first and 2 in input_ids[1]; " +
    "pad the rows to one length and mask the padding with attention_mask",
  ],
  ["a number among rows", { input_ids: [[1, 2], 3] }, /input_ids\[1\] must be an array of 2, got a number$/],
  ["a row among numbers", { input_ids: [[1, [2]]] }, /input_ids\[0\]\[1\] must be a number, got an array of 1$/],
  ["a first row that is empty", { input_ids: [[], [1]] }, /got 0 elements at first and 1 in input_ids\[1\]/],
  // 300,000 rows of 300,000 would be 671 GiB: the shape must be found wrong before room is made for it.
  [
    "very ragged rows",
    { input_ids: [new Array(300_000).fill(1), ...new Array(299_999).fill([1])] },
    /its rows must have one length, got 300000 elements at first and 1 in input_ids\[1\]/,
  ],
  ["rows nested very deep", { input_ids: nested(20_000) }, /^Cannot read input_ids: /],
  [
    "too long a sequence",
    { input_ids: ones(1, 65) },
    "Cannot run the model: sequences may have at most 64 tokens (max_position_embeddings), got 65 in input_ids; " +
    "truncate them",
  ],

  [
    "embeddings of another width",
    { inputs_embeds: ones(2, 3, 31) },
    /shape must be \[batch, tokens, 32\], got \[2, 3, 31\]$/,
  ],
  [
    "embeddings without width",
    { inputs_embeds: ones(2, 3, 0) },
    /shape must be \[batch, tokens, 32\], got \[2, 3, 0\]$/,
  ],
  ["embeddings without a batch", { inputs_embeds: ones(3, 32) }, /shape must be \[batch, tokens, 32\], got \[3, 32\]$/],
  ["a NaN embedding", { inputs_embeds: withOne(ones(1, 2, 32), 40, NaN) }, /inputs_embeds.* must be finite, got NaN$/],
  ["an embedding past f32", { inputs_embeds: withOne(ones(1, 2, 32), 0, 1e39) }, /must be finite, got 1e\+39$/],
  ["too long embeddings", { inputs_embeds: ones(1, 65, 32) }, /at most 64 tokens .*got 65 in inputs_embeds/],

  ["a mask of 2", { attention_mask: [[1, 1, 1], [1, 2, 0]] }, /attention_mask\[1\]\[1\] must be 0 or 1, got 2$/],
  ["a mask of -1", { attention_mask: [[1, 1, -1], [1, 1, 0]] }, /attention_mask\[0\]\[2\] must be 0 or 1, got -1$/],
  ["an additive mask", { attention_mask: [[0, -10000, 0], [0, 0, 0]] }, /must be 0 or 1, got -10000$/],
  ["a NaN mask", { attention_mask: [[NaN, 1, 1], [1, 1, 1]] }, /attention_mask\[0\]\[0\] must be 0 or 1, got NaN$/],
  ["a mask of another length", { attention_mask: ones(2, 4) }, /attention_mask: shape must be \[2, 3\], got \[2, 4\]$/],
  ["a mask of another batch", { attention_mask: ones(1, 3) }, /attention_mask: shape must be \[2, 3\], got \[1, 3\]$/],
  ["a flat mask", { attention_mask: ones(6) }, /attention_mask: shape must be \[2, 3\], got \[6\]$/],
  ["an empty mask", { attention_mask: [] }, /attention_mask: shape must be \[2, 3\], got \[0\]$/],
  ["a ragged mask", { attention_mask: [[1, 1, 1], [1]] }, /Cannot read attention_mask: its rows must have one length/],

  [
    "a type past the last",
    { token_type_ids: [[0, 1, 3], [0, 0, 0]] },
    /token_type_ids\[0\]\[2\] .*from 0 to 2, got 3$/,
  ],
  ["a type below 0", { token_type_ids: [[0, 0, 0], [-1, 0, 0]] }, /token_type_ids\[1\]\[0\] .*from 0 to 2, got -1$/],
  ["a fractional type", { token_type_ids: [[0.5, 0, 0], [0, 0, 0]] }, /token_type_ids\[0\]\[0\] .*got 0\.5$/],
  ["types of another shape", { token_type_ids: ones(3, 2) }, /token_type_ids: shape must be \[2, 3\], got \[3, 2\]$/],

  ["a position past the last", { position_ids: [0, 1, 64] }, /position_ids\[2\] must be .*from 0 to 63, got 64$/],
  ["a position below 0", { position_ids: [[0, -2, 1]] }, /position_ids\[0\]\[1\] must be .*from 0 to 63, got -2$/],
  ["too few positions", { position_ids: [0, 1] }, /position_ids: shape must be \[3\], got \[2\]$/],
  ["positions of another batch", { position_ids: ones(3, 3) }, /position_ids: shape must be \[2, 3\], got \[3, 3\]$/],
  ["shared positions of another length", { position_ids: ones(1, 4) }, /shape must be \[1, 3\], got \[1, 4\]$/],

  ["a head too many", { head_mask: ones(5) }, /^Cannot read head_mask: shape must be \[4\] or \[5, 4\], got \[5\]$/],
  ["a layer too few", { head_mask: ones(4, 4) }, /head_mask: shape must be \[4\] or \[5, 4\], got \[4, 4\]$/],
  ["heads before layers", { head_mask: ones(4, 5) }, /head_mask: shape must be \[4\] or \[5, 4\], got \[4, 5\]$/],
  [
    "head masks of batches",
    { head_mask: ones(5, 1, 4, 1, 1) },
    /head_mask: shape must be \[4\] or \[5, 4\], got \[5, 1,/,
  ],
  ["no heads", { head_mask: [] }, /head_mask: shape must be \[4\] or \[5, 4\], got \[0\]$/],
  ["an infinite head", { head_mask: [1, 1, Infinity, 1] }, /head_mask.* must be finite, got Infinity$/],

  [
    "a narrow mask of 0.5",
    { narrow_mask: [[0.5, 0, 0], [0, 0, 0]] },
    /narrow_mask\[0\]\[0\] must be 0 or 1, got 0\.5$/,
  ],
  ["a narrow mask of one row", { narrow_mask: [1, 0, 0] }, /narrow_mask: shape must be \[2, 3\], got \[3\]$/],
  ["a narrow mask of positions", { narrow_mask: [[2], [0]] }, /narrow_mask: shape must be \[2, 3\], got \[2, 1\]$/],
];

/** `[[[…1…]]]`, so many levels deep. */
function nested(levels: number): unknown {
  let array: unknown = [1];
  for (let level = 1; level < levels; level++) array = [array];
  return array;
}

/** The tensor as float64 with one element replaced. */
function withOne({ data, dims }: Tensor, index: number, value: number): Tensor {
  return new Tensor("float64", Array.from(data as Int32Array, (old, i) => i === index ? value : old), dims);
}

/** The inputs of a row of the table: what does not say its tokens gets two sequences of three. */
function inputsOf(given: unknown): ModelInputs {
  const complete = typeof given !== "object" || given === null ||
    ["input_ids", "inputs_embeds"].some((n) => n in given) ||
    Object.keys(given).length === 0;
  return (complete ? given : { input_ids: IDS, ...given }) as ModelInputs;
}

for (const [what, given, message] of WRONG) {
  Deno.test(`${what}: an InputError says what is wrong`, () => {
    assert.throws(() => readInputs(inputsOf(given), config), { name: "InputError", message });
  });
}

Deno.test("wrong inputs reach no GPU", async () => {
  const gpu = await requestGpu();
  using model = await NarrowBertModel.from_pretrained(goldenModel("base"), { add_pooling_layer: false });
  const before = gpu.counts;
  for (const [what, given] of WRONG) await assert.rejects(model.forward(inputsOf(given)), InputError, what);
  await assert.rejects(
    model.forward({ input_ids: IDS, labels: [[0, 1, 2], [0, 0, 0]] }),
    /with labels: it has no loss/,
  );
  assert.deepEqual(gpu.counts, before);
  const { last_hidden_state } = await model.forward({ input_ids: IDS, narrow_mask: ones(2, 3) });
  assert.deepEqual(last_hidden_state.dims, [2, 3, 32], "the model is none the worse");
});

Deno.test("a model with a pooler takes no narrow mask, and says what to do", async () => {
  using model = await NarrowBertModel.from_pretrained(goldenModel("base-pooler"));
  const call = model.forward({ input_ids: IDS, narrow_mask: ones(2, 3) });
  await assert.rejects(call, {
    name: "InputError",
    message: /has a pooler with narrow_mask.*add_pooling_layer: false$/,
  });
});

Deno.test("a pooled sequence without tokens is an error", async () => {
  using model = await NarrowBertModel.from_pretrained(goldenModel("base-pooler"));
  await assert.rejects(model.forward({ input_ids: [[], []] }), {
    name: "InputError",
    message: /every sequence needs a token at position 0, got empty sequences$/,
  });
});

Deno.test("ids are the same in any kind of array, tensor or number", () => {
  const expected = readInputs({ input_ids: IDS }, config);
  const flat = IDS.flat();
  const big = flat.map(BigInt);
  const forms: ModelInputs[] = [
    { input_ids: IDS.map((row) => row.map(BigInt)) },
    { input_ids: IDS.map((row) => Uint16Array.from(row)) },
    { input_ids: IDS.map((row) => Float32Array.from(row)) },
    { input_ids: new Tensor("int64", BigInt64Array.from(big), [2, 3]) },
    { input_ids: new Tensor("int32", flat, [2, 3]) },
    { input_ids: new Tensor("float64", flat, [2, 3]), attention_mask: [[true, true, true], [true, true, true]] },
    { input_ids: IDS, attention_mask: new Tensor("bool", flat.map(() => true), [2, 3]), token_type_ids: null! },
    { input_ids: IDS, position_ids: [0, 1, 2] },
    { input_ids: IDS, position_ids: Uint8Array.of(0, 1, 2) },
    { input_ids: IDS, position_ids: [[0, 1, 2]] },
    { input_ids: IDS, position_ids: [[0, 1, 2], [0, 1, 2]], token_type_ids: [[0, 0, 0], [0, 0, 0]] },
  ];
  for (const form of forms) assert.deepEqual(readInputs(form, config), expected);
  const bigRows: ModelInputs = { input_ids: [BigInt64Array.of(1n, 2n, 3n), BigInt64Array.of(4n, 5n, 6n)] as never };
  assert.deepEqual(readInputs(bigRows, config), expected);
});

Deno.test("a head mask for all layers is each layer's", () => {
  const shared = readInputs({ input_ids: IDS, head_mask: [1, 0, 0.5, 2] }, config).headMask;
  const perLayer = readInputs({ input_ids: IDS, head_mask: new Array(5).fill([1, 0, 0.5, 2]) }, config).headMask;
  assert.deepEqual(shared, perLayer);
  assert.equal(readInputs({ input_ids: IDS }, config).headMask, null);
});

Deno.test("position ids for all sequences are each sequence's", () => {
  const { positions } = readInputs({ input_ids: IDS, position_ids: [7, 8, 63] }, config);
  assert.deepEqual(positions, Float64Array.of(7, 8, 63, 7, 8, 63));
  assert.deepEqual(
    readInputs({ input_ids: [[1, 2]], position_ids: [[3, 4]] }, config).positions,
    Float64Array.of(3, 4),
  );
});

Deno.test("the caller's arrays are not changed, nor kept", async () => {
  using model = await NarrowBertModel.from_pretrained(goldenModel("base"), { add_pooling_layer: false });
  const inputs = { input_ids: structuredClone(IDS), narrow_mask: [[1, 0, 0], [0, 1, 1]], attention_mask: ones(2, 3) };
  const expected = (await model.forward(inputs)).last_hidden_state.data;
  const call = model.forward(inputs);
  inputs.input_ids[0]![0] = 9;
  inputs.attention_mask.data[0] = 0;
  assert.deepEqual((await call).last_hidden_state.data, expected);
});

Deno.test("a fully masked sequence is finite, and its neighbours do not notice", async () => {
  using model = await NarrowBertModel.from_pretrained(goldenModel("base"), { add_pooling_layer: false });
  const input_ids = [[1, 2, 3], [4, 5, 6], [7, 8, 9]];
  const narrow_mask = [[1, 0, 1], [1, 1, 0], [0, 1, 1]];
  const attention_mask = [[1, 1, 1], [0, 0, 0], [1, 1, 1]];
  for (const narrow of ["absorbed", "projected"] as const) {
    const together = await model.forward({ input_ids, attention_mask, narrow_mask }, { narrow });
    const states = together.last_hidden_state.data as Float32Array;
    assert.ok(states.every(Number.isFinite));
    for (const b of [0, 2]) {
      const alone = await model.forward({ input_ids: [input_ids[b]!], narrow_mask: [narrow_mask[b]!] }, { narrow });
      (alone.last_hidden_state.data as Float32Array).forEach((value, i) => {
        const found = states[b * 64 + i]!;
        assert.ok(Math.abs(found - value) <= 1e-5, `${narrow}, sequence ${b}, element ${i}: ${found} for ${value}`);
      });
    }
  }
});

Deno.test("positions of one row serve every batch, of one sequence too", () => {
  for (const input_ids of [[[1, 2, 3]], [[1, 2, 3], [4, 5, 6]]]) {
    for (const position_ids of [[2, 0, 1], [[2, 0, 1]]]) {
      const { positions } = readInputs({ input_ids, position_ids }, config);
      assert.deepEqual([...positions], input_ids.flatMap(() => [2, 0, 1]));
    }
  }
});

Deno.test("what tokenizers add on request is passed over", () => {
  const added = {
    special_tokens_mask: [[1, 0, 1]],
    offset_mapping: [[[0, 1]]],
    word_ids: [[null, 0, null]],
    overflowing: [],
  };
  const inputs = { input_ids: IDS, ...added };
  assert.deepEqual(readInputs(inputs, config), readInputs({ input_ids: IDS }, config));
});
