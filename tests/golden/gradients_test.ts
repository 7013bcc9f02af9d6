/** The gradients of every golden training case, in both forms of the narrow layers. */

import assert from "node:assert/strict";
import {
  type ModelInputs,
  NarrowBertForMaskedLM,
  NarrowBertForMultipleChoice,
  NarrowBertForSequenceClassification,
  NarrowBertForTokenClassification,
} from "../../mod.ts";
import { devices } from "./devices.ts";
import { type GoldenCase, goldenModel, goldenNames, readGolden } from "./golden_case.ts";

/** Of a tensor's largest entry. */
const TOLERANCE = 1e-3;

const CLASSES = {
  NarrowBertForMaskedLM,
  NarrowBertForMultipleChoice,
  NarrowBertForSequenceClassification,
  NarrowBertForTokenClassification,
};

const cases = (await Promise.all(goldenNames().map(readGolden))).filter(({ gradients }) => gradients.size > 0);

Deno.test("there are 7 golden cases with gradients", () => assert.equal(cases.length, 7));

for (const [where, device] of await devices()) {
  for (const golden of cases) {
    // Of a model whose keys meet the distances there is one form.
    const forms = golden.name.includes("relative") ? ["projected"] as const : ["absorbed", "projected"] as const;
    for (const narrow of forms) testGradients(golden, narrow, { where, device });
  }
}

function testGradients(
  golden: GoldenCase,
  narrow: "absorbed" | "projected",
  { where, device }: { where: string; device: GPUDevice | undefined },
): void {
  Deno.test(`gradients of ${golden.name}, ${narrow}${where}`, async () => {
    const { model, class: name, options: { problem_type }, inputs, outputs, gradients: expected } = golden;
    const Class = CLASSES[name as keyof typeof CLASSES] as typeof NarrowBertForMaskedLM;
    using loaded = await Class.from_pretrained(goldenModel(model), {
      ...(problem_type !== undefined && { config: { problem_type } }),
      ...(device !== undefined && { device }),
    });
    const { loss, gradients } = await loaded.gradients(inputs as ModelInputs, { narrow });
    const wanted = outputs.get("loss")!.item() as number;
    assert.ok(
      Math.abs(loss.item() as number - wanted) < 2e-4 * (1 + Math.abs(wanted)),
      `loss ${loss.item()}, ${wanted}`,
    );
    for (const [weight, { data, dims }] of expected) {
      const got = gradients.get(weight);
      assert.ok(got !== undefined, `${weight} is missing from ${[...gradients.keys()].join(", ")}`);
      assert.deepEqual(got.dims, dims, weight);
      const entries = Array.from(data, Number);
      const largest = Math.max(0, ...entries.map(Math.abs));
      // The gradient of a key's bias is 0: it cancels in the softmax.
      const bound = TOLERANCE * Math.max(largest, 1e-4);
      entries.forEach((entry, i) => {
        const error = Math.abs(Number(got.data[i]) - entry);
        assert.ok(error <= bound, `${weight}[${i}]: expected ${entry}, got ${got.data[i]}; the largest is ${largest}`);
      });
    }
  });
}
