/** Golden cases whose model is in `tests/fixtures/pickles/` as PyTorch writes it: the numbers are the same. */

import assert from "node:assert/strict";
import { modelFolder, PICKLES } from "../io/torch/pickles.ts";
import { goldenNames, readGolden } from "./golden_case.ts";
import { compareOutputs } from "./golden_compare.ts";
import { runGolden } from "./golden_run.ts";

const MODELS = new Map(PICKLES.flatMap((pickle) => pickle.golden === undefined ? [] : [[pickle.golden, pickle]]));

const cases = (await Promise.all(goldenNames().map(readGolden))).filter(({ model, training }) => {
  return !training && MODELS.has(model);
});

Deno.test("each of ten PyTorch models has a forward golden case", () => {
  assert.equal(MODELS.size, 10);
  assert.deepEqual(new Set(cases.map(({ model }) => model)), new Set(MODELS.keys()));
});

for (const golden of cases) {
  Deno.test(`golden ${golden.name} from a pytorch_model.bin`, async () => {
    const source = modelFolder(MODELS.get(golden.model)!);
    assert.ok([...source.keys()].every((name) => name === "config.json" || name.startsWith("pytorch_model")));
    compareOutputs(golden, await runGolden(golden, { source }));
  });
}
