/** Five steps of a whole model against AdamW in float64, on the gradients that the GPU computes before each. */

import assert from "node:assert/strict";
import { AdamW, type AdamWOptions, type ModelInputs } from "../../mod.ts";
import { MASKED, SINGLE, type Task, TASKS, WIDE } from "./helpers.ts";
import { Twin } from "./small_training.ts";

/** Of a weight; the largest are about 1. */
const TOLERANCE = 1e-6;

const decays = (name: string) => !name.endsWith(".bias") && !name.includes("LayerNorm");

interface Case {
  narrow: "absorbed" | "projected";
  /** Whether norms are scaled down to 0.1, or the bound is far above them. */
  clips: boolean;
  /** A tensor on which the loss does not depend: no step changes it, by decay neither. */
  unread?: string;
}

function testTwin(task: Task, { narrow, clips, unread }: Case): void {
  Deno.test(`five steps are those in float64: ${task.name}, ${narrow}, ${clips ? "" : "not "}clipped`, async () => {
    const options: AdamWOptions = { lr: 0.01, weight_decay: 0.1, max_grad_norm: clips ? 0.1 : 1000 };
    using model = await task.make();
    using optimizer = new AdamW(model, options);
    const twin = new Twin(await model.state_dict(), (name) => ({ decays: decays(name), frozen: name === unread }));
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

/** The words of the batch of a task as embeddings of the caller's. */
function embedded({ input_ids, ...others }: ModelInputs): ModelInputs {
  const vector = (id: number) => Array.from({ length: 16 }, (_, h) => Math.sin(id * (h + 1)));
  return { ...others, inputs_embeds: (input_ids as number[][]).map((row) => row.map(vector)) };
}

for (const narrow of ["absorbed", "projected"] as const) {
  for (const type of ["relative_key", "relative_key_query"] as const) {
    if (type === "relative_key_query" && narrow === "absorbed") continue; // There is no such form.
    const config = MASKED.config.with({ position_embedding_type: type });
    const task = { ...MASKED, name: type, make: () => MASKED.make(config) };
    testTwin(task, { narrow, clips: true, unread: "narrow_bert.embeddings.position_embeddings.weight" });
  }
  const task = { ...SINGLE, name: "inputs_embeds", batch: embedded(SINGLE.batch) };
  testTwin(task, { narrow, clips: false, unread: "narrow_bert.embeddings.word_embeddings.weight" });
}
