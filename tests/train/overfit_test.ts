/** Optimizers learn one batch by heart, with every loss. */

import assert from "node:assert/strict";
import { AdamW, type LossOptions, type Optimizer, type PreTrainedModel, SGD } from "../../mod.ts";
import { SINGLE, stepOften, type Task, TASKS } from "./helpers.ts";

interface Run {
  how: string;
  make(model: PreTrainedModel): Optimizer;
  steps: number;
  options?: LossOptions;
}

const adamW = (model: PreTrainedModel) => new AdamW(model, { lr: 0.01 });

/** Asserts that a loss that is large at first is small in the end, and that the model itself says so too. */
function testOverfit(task: Task, { how, make, steps, options }: Run): void {
  Deno.test(`${task.name} is learned by heart, ${how}`, async () => {
    using model = await task.make();
    using optimizer = make(model);
    const results = await stepOften(optimizer, task.batch, { steps, together: 10, dropout: 0, ...options });
    assert.ok(results.every(({ applied }) => applied));
    assert.ok(results[0]!.loss > 0.3, `the loss begins with ${results[0]!.loss}`);
    assert.ok(results.at(-1)!.loss < 0.01, `the loss ends with ${results.at(-1)!.loss}`);
    const { loss } = await (model as unknown as { forward: Forward }).forward(task.batch);
    assert.ok(loss!.item() < 0.01, `forward gives ${loss!.item()}`);
  });
}

type Forward = (inputs: Task["batch"]) => Promise<{ loss?: { item(): number } }>;

for (const task of TASKS) testOverfit(task, { how: "AdamW", make: adamW, steps: 80 });
for (const narrow of ["absorbed", "projected"] as const) {
  testOverfit(TASKS[0]!, { how: `AdamW, ${narrow}`, make: adamW, steps: 80, options: { narrow } });
}
testOverfit(SINGLE, {
  how: "SGD with momentum",
  make: (model) => new SGD(model, { lr: 0.05, momentum: 0.9 }),
  steps: 80,
});
