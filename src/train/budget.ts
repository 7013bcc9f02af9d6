/** How a step is computed within a bound of memory. */

import { batchSize, splitBatch } from "../model/batch/splitting.ts";
import type { ModelInputs } from "../model/batch/inputs.ts";
import type { LossOptions } from "../heads/loss_run.ts";
import type { TeacherOption } from "../heads/pretrained.ts";
import type { Optimizer, StepMemory } from "./optimizer.ts";

/** Time of a step whose layers are computed again for their gradients, over that of one that keeps them. */
const RECOMPUTED = 1.33;

/** What each further micro-batch adds to the time of a step, over that of the whole batch. */
const SPLIT = 0.02;

/** A step that fits. */
export interface StepPlan {
  /** What {@linkcode Optimizer.step} takes: the batch, or its micro-batches. */
  inputs: ModelInputs | readonly ModelInputs[];
  /** The options of the step. */
  options: LossOptions & TeacherOption;
  /** What it takes. */
  memory: StepMemory;
}

/**
 * Plans a step that takes at most `budget` bytes of the GPU: with the whole batch if that fits, or else in micro-batches,
 * or with layers that are computed again for their gradients, whichever is expected to be faster.
 *
 * Plan once, for the largest batch: steps of each kind (whole, in micro-batches, computed again) keep the memory that they
 * took, and so do other calls of the model.
 *
 * @param call `inputs` is a batch; `budget` is the bound in bytes, weights and moments included.
 * @throws {RangeError} If no way fits, with the bytes of the smallest.
 * @throws As {@linkcode Optimizer.memory}.
 *
 * @example
 * ```ts
 * import { AdamW, NarrowBertConfig, NarrowBertForSequenceClassification, planStep } from "@narrowbert/webgpu";
 *
 * const sizes = { vocab_size: 100, hidden_size: 32, num_attention_heads: 2, intermediate_size: 64 };
 * const config = new NarrowBertConfig({ ...sizes, num_hidden_layers: 3, num_labels: 3 });
 * using model = await NarrowBertForSequenceClassification.from_config(config);
 * using optimizer = new AdamW(model);
 *
 * const batch = { input_ids: [[2, 40, 41, 3], [2, 50, 51, 3]], labels: [0, 2] };
 * const { inputs, options, memory } = await planStep(optimizer, { inputs: batch, budget: 100e6 });
 * console.log(memory.total <= 100e6); // true
 * console.log(await optimizer.step(inputs, options));
 * ```
 */
export async function planStep(
  optimizer: Optimizer,
  { inputs, budget, options = {} }: { inputs: ModelInputs; budget: number; options?: LossOptions & TeacherOption },
): Promise<StepPlan> {
  if (Array.isArray(inputs)) {
    throw new TypeError("Cannot plan a step: inputs must be one batch, which is split as needed, got an array");
  }
  if (!(budget > 0)) {
    throw new RangeError(`Cannot plan a step: budget must be a positive number of bytes, got ${budget}`);
  }
  let least: StepMemory | null = null;
  let beyond: unknown = null;
  for (const { parts, recomputes } of ways(batchSize(inputs))) {
    const plan = {
      inputs: parts === 1 ? inputs : splitBatch(inputs, parts),
      options: { ...options, ...(recomputes && { gradient_checkpointing: true }) },
    };
    let memory: StepMemory;
    try {
      memory = await optimizer.memory(plan.inputs, plan.options);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      beyond ??= error; // a buffer that the device cannot hold, maybe, but parts of the batch need smaller ones
      continue;
    }
    if (memory.total <= budget) return { ...plan, memory };
    if (least === null || memory.total < least.total) least = memory;
  }
  if (least === null) throw beyond;
  const { weights, optimizer: moments, activations, total } = least;
  throw new RangeError(
    `Cannot plan a step within ${budget} bytes: it takes at least ${total} (weights ${weights}, moments ${moments}, ` +
      `activations and gradients ${activations}); use shorter sequences, freeze weights, or allow more`,
  );
}

/** The ways to compute a batch, the fastest first: numbers of micro-batches, and whether layers are computed again. */
function ways(size: number): { parts: number; recomputes: boolean }[] {
  const counts = [1];
  for (let parts = 2; parts < size; parts *= 2) counts.push(parts);
  if (size > 1) counts.push(size);
  const time = ({ parts, recomputes }: { parts: number; recomputes: boolean }) =>
    (recomputes ? RECOMPUTED : 1) + SPLIT * (parts - 1);
  return counts.flatMap((parts) => [false, true].map((recomputes) => ({ parts, recomputes })))
    .sort((a, b) => time(a) - time(b));
}
