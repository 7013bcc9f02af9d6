/** Runs a model of a class over a padded batch: from checked inputs to the stage's outputs. */

import { InputError } from "../base/errors.ts";
import type { RunOutput } from "../graph/program/outputs.ts";
import type { Batch } from "../model/batch/inputs.ts";
import { raggedOf } from "../model/batch/padded.ts";
import type { RowRule } from "../model/batch/ragged.ts";
import { Unpacker } from "../model/batch/unpacking.ts";
import { commonOutputs } from "../model/common_outputs.ts";
import type { CommonOutputs, ForwardOptions } from "../model/forward_options.ts";
import type { HeadInputs } from "../model/stage.ts";
import { warnOrdinary } from "./ordinary.ts";
import { coreOf, type PreTrainedModel } from "./pretrained.ts";

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
  if (rule === "ordinary") warnOrdinary(core);
  if (rule === "first" && batch.length === 0 && batch.sequences > 0) {
    throw new InputError("Cannot run the model: every sequence needs a token at position 0, got empty sequences");
  }
  const result = await core.use((runner) =>
    runner.run({
      ragged: raggedOf(batch, rule, config.hidden_size),
      ordinary: rule === "ordinary",
      headMask: batch.headMask,
      stages: [{ ...head, rows: null, prefix: "" }],
      options,
    })
  );
  const unpacker = new Unpacker(batch, result);
  const common = commonOutputs(result, unpacker, { rule, config, options });
  return { outputs: result.outputs, unpacker, common };
}
