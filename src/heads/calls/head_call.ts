/** A call of a class with a head, as its inputs ask for it. */

import type { Batch, ModelInputs } from "../../model/batch/inputs.ts";
import type { RowRule } from "../../model/batch/ragged.ts";
import type { NarrowBertConfig } from "../../model/config/config.ts";
import type { Lesson } from "../../model/distillation.ts";
import type { HeadInputs } from "../../model/stage.ts";

/** What labels say, which decides how they may count in a loss. */
export interface Objective {
  /** In messages: `regression`. */
  readonly name: string;
  /** Whether labels may be smoothed. */
  readonly smooths: boolean;
  /** How many labels have weights of their own; null if they may have none. */
  readonly weighs: number | null;
}

/** Checked inputs, which rows the narrow layers compute, and the stage with its data. */
export interface HeadCall {
  batch: Batch;
  rule: RowRule;
  head: HeadInputs;
  objective: Objective;
  /** How its logits are compared with a teacher's. */
  lesson: Omit<Lesson, "states">;
}

/** What is run of a call. */
export type RunnableCall = Pick<HeadCall, "batch" | "rule" | "head">;

/**
 * Checks inputs and chooses the stage: logits, and the loss if there are labels.
 *
 * @throws {InputError} If an input does not fit the model.
 */
export type PrepareCall = (inputs: ModelInputs, config: NarrowBertConfig) => HeadCall;
