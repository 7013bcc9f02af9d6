/** The two classes whose labels choose the rows: masked language modelling and token classification. */

import assert from "node:assert/strict";
import { type ModelInputs, NarrowBertForMaskedLM, NarrowBertForTokenClassification, Tensor } from "../../mod.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { goldenModel } from "../golden/golden_case.ts";
import { assertLoss, crossEntropy } from "./losses.ts";

const N = -100;
const INPUTS = {
  input_ids: [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]],
  attention_mask: [[1, 1, 1, 1], [1, 1, 1, 0], [1, 1, 1, 1]],
};
const LABELS = [[N, 3, N, 5], [N, N, N, N], [0, N, N, N]];
const AS_MASK = LABELS.map((row) => row.map((label) => label === N ? 0 : 1));

const CLASSES = [
  { name: "masked LM", classes: 99, load: () => NarrowBertForMaskedLM.from_pretrained(goldenModel("masked-lm")) },
  {
    name: "token classification",
    classes: 7,
    load: () => NarrowBertForTokenClassification.from_pretrained(goldenModel("token-cls")),
  },
];

for (const { name, classes, load } of CLASSES) {
  Deno.test(`${name}: labels choose the rows, and win over a narrow mask`, async () => {
    using model = await load();
    const labelled = await model.forward({ ...INPUTS, labels: LABELS });
    const masked = await model.forward({ ...INPUTS, narrow_mask: AS_MASK });
    assert.deepEqual(labelled.logits, masked.logits);
    assert.deepEqual(labelled.narrow_positions!.tolist(), [[1, 3], [-1, -1], [0, -1]]);
    assert.equal(masked.loss, undefined);
    const other = AS_MASK.map((row) => row.map((chosen) => 1 - chosen));
    const both = await model.forward({ ...INPUTS, labels: LABELS, narrow_mask: other });
    assert.deepEqual(both, labelled);
  });

  Deno.test(`${name}: the loss is the mean cross-entropy of the rows that count`, async () => {
    using model = await load();
    const { logits, loss } = await model.forward({ ...INPUTS, labels: LABELS });
    assert.deepEqual(logits.dims, [3, 2, classes]);
    const [first, second, third] = logits.tolist() as number[][][];
    assert.ok(second!.flat().every((value) => value === 0), "rows that pad are zeros");
    assertLoss(loss, crossEntropy([...first!, third![0]!], [3, 5, 0]));
    const int64 = new Tensor("int64", LABELS.flat(), [3, 4]);
    assert.deepEqual(await model.forward({ ...INPUTS, labels: int64 }), {
      ...await model.forward({ ...INPUTS, labels: LABELS }),
    });
  });

  Deno.test(`${name}: all labels -100 give no rows and a loss of exactly 0`, async () => {
    using model = await load();
    const labels = LABELS.map((row) => row.map(() => N));
    const { logits, loss, narrow_positions } = await model.forward({ ...INPUTS, labels });
    assert.equal(loss!.item(), 0);
    assert.deepEqual(logits.dims, [3, 0, classes]);
    assert.deepEqual(narrow_positions!.dims, [3, 0]);
  });

  Deno.test(`${name}: a label on a masked token counts, and its row attends to the real tokens`, async () => {
    using model = await load();
    const labels = [[N, N, N, N], [N, N, N, 2], [N, N, N, N]];
    const { logits, loss } = await model.forward({ ...INPUTS, labels });
    assert.deepEqual(logits.dims, [3, 1, classes]);
    const [, [row]] = logits.tolist() as [number[][], [number[]]];
    assert.ok(row.some((value) => value !== 0));
    assertLoss(loss, crossEntropy([row], [2]));
  });

  const WRONG: [what: string, labels: unknown, message: RegExp][] = [
    [
      "past the last",
      [[N, N, N, classes], ...LABELS.slice(1)],
      new RegExp(`labels\\[0\\]\\[3\\] must be .*from 0 to ${classes - 1} or -100, got ${classes}$`),
    ],
    ["below 0", [...LABELS.slice(0, 2), [0, -1, N, N]], /labels\[2\]\[1\] must be a whole number .*got -1$/],
    ["fractional", [...LABELS.slice(0, 2), [0.5, N, N, N]], /labels\[2\]\[0\] must be a whole number .*got 0\.5$/],
    ["one a sequence", [1, 2, 3], /labels: shape must be \[3, 4\], got \[3\]$/],
    ["transposed", [[N, N, N], [N, N, N], [N, N, N], [N, N, 1]], /labels: shape must be \[3, 4\], got \[4, 3\]$/],
    ["texts", [["O", "O", "O", "O"]], /labels\[0\]\[0\] must be a number, got the string "O"$/],
  ];

  Deno.test(`${name}: wrong labels are an InputError, and reach no GPU`, async () => {
    const gpu = await requestGpu();
    using model = await load();
    const before = gpu.counts;
    for (const [what, labels, message] of WRONG) {
      const call = model.forward({ ...INPUTS, labels } as ModelInputs);
      await assert.rejects(call, { name: "InputError", message }, what);
    }
    assert.deepEqual(gpu.counts, before);
  });
}
