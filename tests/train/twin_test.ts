/** Five steps of a whole model against AdamW in float64, on the gradients that the GPU computes before each. */

import assert from "node:assert/strict";
import { AdamW, type AdamWOptions } from "../../mod.ts";
import { type Task, TASKS, WIDE } from "./helpers.ts";
import { Twin } from "./small_training.ts";

/** Of a weight; the largest are about 1. */
const TOLERANCE = 1e-6;

const decays = (name: string) => !name.endsWith(".bias") && !name.includes("LayerNorm");

/** `clips` says whether norms are scaled down to 0.1, or the bound is far above them. */
function testTwin(task: Task, { narrow, clips }: { narrow: "absorbed" | "projected"; clips: boolean }): void {
  Deno.test(`five steps are those in float64: ${task.name}, ${narrow}, ${clips ? "" : "not "}clipped`, async () => {
    const options: AdamWOptions = { lr: 0.01, weight_decay: 0.1, max_grad_norm: clips ? 0.1 : 1000 };
    using model = await task.make();
    using optimizer = new AdamW(model, options);
    const twin = new Twin(await model.state_dict(), (name) => ({ decays: decays(name) }));
    const losses: number[] = [];
    for (let step = 0; step < 5; step++) {
      const { loss, gradients } = await model.gradients(task.batch, { narrow, dropout: 0 });
      const norm = twin.step(gradients, options);
      assert.equal(norm > options.max_grad_norm!, clips);
      const found = await optimizer.step(task.batch, { narrow, dropout: 0 });
      assert.ok(found.applied);
      assert.equal(found.loss, loss.item());
      assert.ok(
        Math.abs(found.grad_norm - norm) <= 1e-6 * norm,
        `norm of step ${step}: ${norm}, got ${found.grad_norm}`,
      );
      losses.push(found.loss);
    }
    assert.equal(new Set(losses).size, 5);
    for (const [name, { data }] of await model.state_dict()) {
      const expected = twin.weights.get(name)!;
      const error = Math.max(...expected.map((value, i) => Math.abs(value - Number(data[i]))));
      assert.ok(error <= TOLERANCE, `${name} is off by ${error}`);
    }
  });
}

for (const [i, task] of [...TASKS, WIDE].entries()) {
  const forms = ["absorbed", "projected"] as const;
  testTwin(task, { narrow: forms[i % 2]!, clips: true });
  testTwin(task, { narrow: forms[(i + 1) % 2]!, clips: false });
}
