/** Runs a call whose loss is learned from. */

import { InputError } from "../base/errors.ts";
import { raggedOf } from "../model/batch/padded.ts";
import type { ModelCore } from "../model/core.ts";
import type { ForwardOptions } from "../model/forward_options.ts";
import type { LearningCall } from "../model/learning.ts";
import type { Runner, RunResult } from "../model/runner.ts";
import type { HeadCall } from "./calls/head_call.ts";

/** Options of a call whose loss is learned from; as for `forward`. */
export type LossOptions = Pick<ForwardOptions, "narrow" | "signal" | "profiler">;

/** Names of the {@linkcode LossOptions}. */
export const LOSS_OPTIONS = ["narrow", "signal", "profiler"];

/**
 * Packs and runs a call, and what is learned from its loss.
 *
 * @param purpose What it is for, in messages: `compute gradients`.
 * @throws {TypeError} If the weights are f16.
 * @throws {InputError} If first rows are asked of empty sequences.
 */
export async function runLoss(
  { core, purpose }: { core: ModelCore; purpose: string },
  { batch, rule, head, options, learning }: HeadCall & { options: LossOptions; learning: LearningCall },
): Promise<RunResult & Pick<Runner, "parameters">> {
  const { config, dtype } = core;
  if (dtype !== "f32") {
    throw new TypeError(`Cannot ${purpose}: the weights must be f32, got ${dtype}; load the model with dtype: "f32"`);
  }
  if (rule === "first" && batch.length === 0 && batch.sequences > 0) {
    throw new InputError(`Cannot ${purpose}: every sequence needs a token at position 0, got empty sequences`);
  }
  return await core.use(async (runner) => {
    const result = await runner.run({
      ragged: raggedOf(batch, rule, config.hidden_size),
      ordinary: rule === "ordinary",
      headMask: batch.headMask,
      stages: [{ ...head, rows: null, prefix: "" }],
      options,
      learning,
    });
    return { ...result, parameters: runner.parameters };
  });
}
