/** Every golden case through the public classes. */

import assert from "node:assert/strict";
import {
  type ModelInputs,
  NarrowBertForMaskedLM,
  NarrowBertForMultipleChoice,
  NarrowBertForSequenceClassification,
  NarrowBertForTokenClassification,
  NarrowBertModel,
  type Tensor,
} from "../../mod.ts";
import { HEADS } from "../../src/heads/registry.ts";
import { devices } from "./devices.ts";
import { type GoldenCase, goldenModel, goldenNames, readGolden } from "./golden_case.ts";
import { compareOutputs } from "./golden_compare.ts";

const CLASSES = {
  NarrowBertModel,
  NarrowBertForMaskedLM,
  NarrowBertForSequenceClassification,
  NarrowBertForMultipleChoice,
  NarrowBertForTokenClassification,
};

const names = goldenNames();
const cases = await Promise.all(names.map(readGolden));

Deno.test("there are 52 forward and 9 training golden cases", () => {
  const training = cases.filter((golden) => golden.training);
  assert.equal(training.length, 9);
  assert.equal(cases.length - training.length, 52);
});

Deno.test("every head of the registry has a golden case", () => {
  const tested = new Set(cases.map(({ class: name }) => CLASSES[name as keyof typeof CLASSES]?.head.name));
  const missing = HEADS.map(({ name }) => name).filter((name) => !tested.has(name));
  assert.deepEqual(
    missing,
    [],
    "heads without a case in tests/golden/cases/, or a class in tests/golden/golden_test.ts",
  );
});

for (const [where, device] of await devices()) for (const golden of cases) testGolden(golden, where, device);

function testGolden(golden: GoldenCase, where: string, device: GPUDevice | undefined): void {
  Deno.test(`golden ${golden.name}${where}`, async () => {
    compareOutputs(golden, await runGolden(golden, device));
  });
}

/** Runs the case and names its outputs as the golden files do. */
async function runGolden(golden: GoldenCase, device: GPUDevice | undefined) {
  const { model, class: className, options, add_pooling_layer, inputs } = golden;
  const { prune_heads, problem_type, ...forward } = options;
  const Class = CLASSES[className as keyof typeof CLASSES] as typeof NarrowBertModel;
  using loaded = await Class.from_pretrained(goldenModel(model), {
    ...(add_pooling_layer !== undefined && { add_pooling_layer }),
    ...(device !== undefined && { device }),
    ...(problem_type !== undefined && { config: { problem_type } }),
  });
  if (prune_heads !== undefined) loaded.prune_heads(prune_heads);
  const output = await loaded.forward(inputs as ModelInputs, forward);
  const { hidden_states = [], attentions = [], narrow_positions: _, recorded: __, ...single } = output;
  const found = new Map<string, Tensor>(Object.entries(single) as [string, Tensor][]);
  hidden_states.forEach((state, i) => found.set(`hidden_states.${i}`, state));
  attentions.forEach((probabilities, i) => found.set(`attentions.${i}`, probabilities));
  return found;
}
