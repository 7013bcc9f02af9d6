/** Runs a model of a class over a padded batch: from checked inputs to the stage's outputs. */

import type { RunOutput } from "../graph/program/outputs.ts";
import type { Batch } from "../model/batch/inputs.ts";
import type { RowRule } from "../model/batch/ragged.ts";
import { Unpacker } from "../model/batch/unpacking.ts";
import { commonOutputs } from "../model/common_outputs.ts";
import type { CommonOutputs, ForwardOptions } from "../model/forward_options.ts";
import type { HeadInputs } from "../model/stage.ts";
import { coreOf, type PreTrainedModel } from "./pretrained.ts";
import { runCallOf } from "./run_call.ts";

/** A call of a model class. */
export interface PaddedCall {
  batch: Batch;
  /** Which rows the narrow layers compute. */
  rule: RowRule;
  /** The stage of the class, and its data. */
  head: HeadInputs;
  options: ForwardOptions;
}

/** One call's results. */
export interface PaddedResult {
  /** The stage's outputs as they come from the GPU. */
  outputs: Map<string, RunOutput>;
  /** Lays them out as the batch. */
  unpacker: Unpacker;
  /** The results that all classes return on request. */
  common: CommonOutputs;
}

/**
 * Packs and runs a padded batch.
 *
 * @throws {InputError} If first rows are asked of empty sequences.
 */
export async function runPadded(
  model: PreTrainedModel,
  { batch, rule, head, options }: PaddedCall,
): Promise<PaddedResult> {
  const core = coreOf(model);
  const { config } = core;
  const call = runCallOf({ core, purpose: "run the model" }, { batch, rule, head, options });
  const result = await core.use((runner) => runner.run(call));
  const unpacker = new Unpacker(batch, result);
  const common = commonOutputs(result, unpacker, { rule, config, options });
  return { outputs: result.outputs, unpacker, common };
}
