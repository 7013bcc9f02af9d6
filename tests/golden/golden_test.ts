/** Every golden case through the public classes. */

import assert from "node:assert/strict";
import { HEADS } from "../../src/heads/registry.ts";
import { devices } from "./devices.ts";
import { type GoldenCase, goldenNames, readGolden } from "./golden_case.ts";
import { compareOutputs } from "./golden_compare.ts";
import { CLASSES, runGolden } from "./golden_run.ts";

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
    "heads without a case in tests/golden/cases/, or a class in tests/golden/golden_run.ts",
  );
});

for (const [where, device] of await devices()) for (const golden of cases) testGolden(golden, where, device);

function testGolden(golden: GoldenCase, where: string, device: GPUDevice | undefined): void {
  Deno.test(`golden ${golden.name}${where}`, async () => {
    compareOutputs(golden, await runGolden(golden, { device }));
  });
}
