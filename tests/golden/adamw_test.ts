/** The golden cases of AdamW: five steps on one batch, in both forms of the narrow layers. */

import assert from "node:assert/strict";
import {
  AdamW,
  type ModelInputs,
  NarrowBertForMaskedLM,
  NarrowBertForSequenceClassification,
  type Tensor,
} from "../../mod.ts";
import { devices } from "./devices.ts";
import { type GoldenCase, goldenModel, goldenNames, readGolden } from "./golden_case.ts";

/** Of losses and norms, relative. */
const TOLERANCE = 1e-3;

/** Of the median error of a weight after the steps. */
const MEDIAN = 1e-6;

const CLASSES = { NarrowBertForMaskedLM, NarrowBertForSequenceClassification };

const cases = (await Promise.all(goldenNames().map(readGolden))).filter(({ adamw }) => adamw !== undefined);

Deno.test("there are 2 golden cases of AdamW", () => assert.equal(cases.length, 2));

for (const [where, device] of await devices()) {
  for (const golden of cases) {
    for (const narrow of ["absorbed", "projected"] as const) testSteps(golden, narrow, { where, device });
  }
}

function testSteps(
  golden: GoldenCase,
  narrow: "absorbed" | "projected",
  { where, device }: { where: string; device: GPUDevice | undefined },
): void {
  Deno.test(`AdamW: ${golden.name}, ${narrow}${where}`, async () => {
    const { model, class: name, inputs, after, adamw } = golden;
    const { steps, losses, grad_norms, lr, betas, eps, weight_decay, max_grad_norm } = adamw!;
    const Class = CLASSES[name as keyof typeof CLASSES] as typeof NarrowBertForMaskedLM;
    using loaded = await Class.from_pretrained(goldenModel(model), { ...(device !== undefined && { device }) });
    using optimizer = new AdamW(loaded, { lr, betas, eps, weight_decay, max_grad_norm });
    for (let i = 0; i < steps; i++) {
      const { loss, grad_norm, applied } = await optimizer.step(inputs as ModelInputs, { narrow, dropout: 0 });
      assert.ok(applied);
      near(loss, losses[i]!, `loss of step ${i}`);
      near(grad_norm, grad_norms[i]!, `norm of step ${i}`);
    }
    const weights = await loaded.state_dict();
    assert.ok(after.size > 0);
    for (const [weight, expected] of after) {
      // The true gradient of a key's bias is 0, so AdamW makes steps of its rounding.
      if (weight.endsWith("key.bias")) continue;
      const error = medianError(weights.get(weight)!, expected);
      assert.ok(error < MEDIAN, `median error of ${weight}: ${error}`);
    }
  });
}

function near(found: number, expected: number, what: string): void {
  assert.ok(
    Math.abs(found - expected) <= TOLERANCE * Math.abs(expected),
    `${what}: expected ${expected}, got ${found}`,
  );
}

function medianError(found: Tensor, expected: Tensor): number {
  assert.deepEqual(found.dims, expected.dims);
  const [one, other] = [expected, found].map(({ data }) => Array.from(data as Float64Array, Number)) as [
    number[],
    number[],
  ];
  const errors = one.map((value, i) => Math.abs(value - other[i]!));
  return errors.sort((a, b) => a - b)[errors.length >> 1]!;
}
