import assert from "node:assert/strict";
import { type ModelInputs, NarrowBertForSequenceClassification, Tensor } from "../../mod.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { goldenModel } from "../golden/golden_case.ts";
import { assertLoss, binaryCrossEntropy, crossEntropy, squaredError } from "./losses.ts";

const INPUTS = { input_ids: [[1, 2, 3, 4], [5, 6, 7, 8]], attention_mask: [[1, 1, 1, 1], [1, 1, 1, 0]] };
type Labels = NonNullable<ModelInputs["labels"]>;
type Problem = "regression" | "single_label_classification" | "multi_label_classification";

/** A model of three labels, or of one, with a problem type of its own or none. */
async function load(labels: 1 | 3, problem_type: Problem | null = null): Promise<NarrowBertForSequenceClassification> {
  const name = labels === 1 ? "seq-reg" : "seq-cls";
  return await NarrowBertForSequenceClassification.from_pretrained(goldenModel(name), { config: { problem_type } });
}

const LOSSES = {
  regression: squaredError,
  multi_label_classification: binaryCrossEntropy,
  single_label_classification: (rows: number[][], labels: number[][]) => crossEntropy(rows, labels.flat()),
};

/** DESIGN.md 1.4: with no problem type, the number of labels and the kind of the given ones decide. */
const INFERRED: [what: string, columns: 1 | 3, labels: Labels, problem: Problem, rows: number[][]][] = [
  ["one label, integers", 1, [2, 0], "regression", [[2], [0]]],
  ["one label, fractions", 1, [0.25, -3], "regression", [[0.25], [-3]]],
  ["one label, a column", 1, [[0.5], [1]], "regression", [[0.5], [1]]],
  ["one label, an int64 tensor", 1, new Tensor("int64", [1, 0], [2]), "regression", [[1], [0]]],
  ["one label, a float tensor", 1, new Tensor("float32", [1, 0.5], [2, 1]), "regression", [[1], [0.5]]],
  ["a list of integers", 3, [2, 0], "single_label_classification", [[2], [0]]],
  ["a list of bigints", 3, [2n, 0n], "single_label_classification", [[2], [0]]],
  ["a typed array", 3, Int32Array.of(1, 2), "single_label_classification", [[1], [2]]],
  ["an int64 tensor", 3, new Tensor("int64", [2, 1], [2]), "single_label_classification", [[2], [1]]],
  ["an int32 column", 3, new Tensor("int32", [2, 1], [2, 1]), "single_label_classification", [[2], [1]]],
  ["nested integers", 3, [[1, 0, 1], [0, 0, 1]], "multi_label_classification", [[1, 0, 1], [0, 0, 1]]],
  ["nested fractions", 3, [[0.5, 0, 1], [0, 0, 1]], "multi_label_classification", [[0.5, 0, 1], [0, 0, 1]]],
  [
    "a float tensor",
    3,
    new Tensor("float32", [1, 0, 0, 0, 1, 1], [2, 3]),
    "multi_label_classification",
    [[1, 0, 0], [0, 1, 1]],
  ],
];

for (const [what, columns, labels, problem, rows] of INFERRED) {
  Deno.test(`without a problem type, ${what}: ${problem}`, async () => {
    using model = await load(columns);
    const { logits, loss } = await model.forward({ ...INPUTS, labels });
    assert.deepEqual(logits.dims, [2, columns]);
    assertLoss(loss, LOSSES[problem](logits.tolist() as number[][], rows));
  });
}

/** A problem type in the config wins over whatever the labels look like. */
const GIVEN: [problem: Problem, columns: 1 | 3, labels: Labels, rows: number[][]][] = [
  ["regression", 3, [[1, 2, 3], [0, 0, -1]], [[1, 2, 3], [0, 0, -1]]],
  ["regression", 3, new Tensor("int64", [1, 2, 3, 4, 5, 6], [2, 3]), [[1, 2, 3], [4, 5, 6]]],
  ["multi_label_classification", 1, [1, 0], [[1], [0]]],
  ["multi_label_classification", 3, new Tensor("int64", [1, 0, 0, 1, 1, 1], [2, 3]), [[1, 0, 0], [1, 1, 1]]],
  ["single_label_classification", 3, new Tensor("float32", [2, 1], [2]), [[2], [1]]],
  ["single_label_classification", 3, [[2], [1]], [[2], [1]]],
  ["single_label_classification", 1, [0, 0], [[0], [0]]],
];

for (const [problem, columns, labels, rows] of GIVEN) {
  Deno.test(`problem_type ${problem} over ${columns} labels holds for ${JSON.stringify(rows)}`, async () => {
    using model = await load(columns, problem);
    const { logits, loss } = await model.forward({ ...INPUTS, labels });
    assertLoss(loss, LOSSES[problem](logits.tolist() as number[][], rows));
  });
}

Deno.test("labels of -100 are left out of the mean, and a loss of none is exactly 0", async () => {
  using model = await load(3);
  const { logits, loss } = await model.forward({ ...INPUTS, labels: [-100, 1] });
  assertLoss(loss, crossEntropy(logits.tolist() as number[][], [-100, 1]));
  const none = await model.forward({ ...INPUTS, labels: [-100, -100] });
  assert.equal(none.loss!.item(), 0);
});

Deno.test("without labels there is no loss, and the logits are the same", async () => {
  using model = await load(3);
  const plain = await model.forward(INPUTS);
  assert.equal(plain.loss, undefined);
  const labelled = await model.forward({ ...INPUTS, labels: [0, 1] });
  assert.deepEqual(plain.logits, labelled.logits);
  const several = await model.forward({ ...INPUTS, labels: [[0, 1, 0], [0, 1, 0.5]] });
  assert.deepEqual(plain.logits, several.logits, "the losses of one model do not get into each other's way");
});

const WRONG: [what: string, columns: 1 | 3, problem: Problem | null, labels: Labels, message: RegExp][] = [
  ["a label past the last", 3, null, [0, 3], /labels\[1\] must be a whole number from 0 to 2 or -100, got 3$/],
  ["a label below 0", 3, null, [-1, 0], /labels\[0\] must be a whole number from 0 to 2 or -100, got -1$/],
  ["a label too few", 3, null, [0], /labels: shape must be \[2\], got \[1\]$/],
  ["a label too many", 3, null, [0, 1, 2], /labels: shape must be \[2\], got \[3\]$/],
  ["a scalar", 3, null, new Tensor("int64", [1], []), /labels: shape must be \[2\], got \[\]$/],
  ["integers by three", 3, null, new Tensor("int64", [1, 0, 0, 1, 1, 1], [2, 3]), /shape must be \[2\], got \[2, 3\]$/],
  ["fractions without columns", 3, null, [0.5, 1], /labels: shape must be \[2, 3\], got \[2\]$/],
  ["two columns of three", 3, null, [[0, 1], [1, 0]], /labels: shape must be \[2, 3\], got \[2, 2\]$/],
  ["flat targets", 3, "regression", [1, 2, 3, 4, 5, 6], /labels: shape must be \[2, 3\], got \[6\]$/],
  ["a fractional class", 3, "single_label_classification", [0.5, 1], /labels\[0\] must be a whole number .*got 0\.5$/],
  ["two columns of one", 1, null, [[1, 2], [3, 4]], /labels: shape must be \[2\] or \[2, 1\], got \[2, 2\]$/],
  ["a NaN target", 1, null, [NaN, 1], /labels\[0\] must be finite, got NaN$/],
  ["a target past f32", 1, null, [0, 1e39], /labels\[1\] must be finite, got 1e\+39$/],
  ["a text", 3, null, "positive" as unknown as Labels, /Cannot read labels: it must be a Tensor or nested arrays/],
  ["ragged targets", 3, null, [[1, 0, 0], [1]], /Cannot read labels: its rows must have one length/],
];

Deno.test("wrong labels are an InputError, and reach no GPU", async () => {
  const gpu = await requestGpu();
  for (const [what, columns, problem, labels, message] of WRONG) {
    using model = await load(columns, problem);
    const before = gpu.counts;
    await assert.rejects(model.forward({ ...INPUTS, labels }), { name: "InputError", message }, what);
    assert.deepEqual(gpu.counts, before, what);
  }
});
