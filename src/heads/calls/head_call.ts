/** A call of a class with a head, as its inputs ask for it. */

import type { Batch, ModelInputs } from "../../model/batch/inputs.ts";
import type { RowRule } from "../../model/batch/ragged.ts";
import type { NarrowBertConfig } from "../../model/config/config.ts";
import type { Lesson } from "../../model/distillation.ts";
import type { HeadInputs } from "../../model/stage.ts";

/** Checked inputs, which rows the narrow layers compute, and the stage with its data. */
export interface HeadCall {
  batch: Batch;
  rule: RowRule;
  head: HeadInputs;
  /** How its logits are compared with a teacher's. */
  lesson: Omit<Lesson, "states">;
}

/**
 * Checks inputs and chooses the stage: logits, and the loss if there are labels.
 *
 * @throws {InputError} If an input does not fit the model.
 */
export type PrepareCall = (inputs: ModelInputs, config: NarrowBertConfig) => HeadCall;
