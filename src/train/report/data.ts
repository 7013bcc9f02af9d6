/** What a report of a training is made of. */

import { listed } from "../../base/messages.ts";
import type { CalibrationBin } from "../metrics/calibration.ts";
import type { Mistake } from "../metrics/mistakes.ts";
import type { ClassScore } from "../metrics/scores.ts";
import type { TrainerState } from "../trainer_state/trainer_state.ts";

/** A training as {@linkcode trainingReport} shows it: plain data, as JSON has them. What is left out is not shown. */
export interface TrainingReport {
  /** What was trained, in a few words: the title of the page. */
  readonly title: string;
  /** A sentence or two under the title. */
  readonly description?: string;
  /**
   * The course of the training. Its log gives the curves: `loss`, `learning_rate`, `grad_norm` and
   * `train_tokens_per_second` of steps, and everything that begins with `eval_` of evaluations.
   */
  readonly state: TrainerState;
  /** Each time that the training went on from a checkpoint, in order. */
  readonly resumed?: readonly ResumeNote[];
  /** What the last evaluation, or that of the best model, found. */
  readonly evaluation?: EvaluationReport;
  /** The settings of the training by name; what is no string is shown as JSON. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** What it ran on: versions, the adapter, the machine. */
  readonly environment?: Readonly<Record<string, unknown>>;
}

/** A training that was interrupted, and went on. */
export interface ResumeNote {
  /** The steps before it. */
  readonly step: number;
  /** The checkpoint that it went on from. */
  readonly checkpoint?: string;
  /** What was different from then on, such as another adapter; a sentence each. */
  readonly differences?: readonly string[];
}

/** An evaluation, beside the numbers that are in the log. */
export interface EvaluationReport {
  /** Which examples, and which model: `validation.csv, 1,200 examples, after step 400`. */
  readonly description?: string;
  /** Names of the classes, or of the types of entities. */
  readonly classes?: readonly string[];
  /** How well each of `classes` is found, as `byClass` of the metrics gives it. */
  readonly scores?: readonly ClassScore[];
  /** Of each of `classes`, a row, how many were predicted as each, as `confusion.tolist()` gives it. */
  readonly confusion?: readonly (readonly number[])[];
  /** The bins of the calibration error, as `calibration()` gives them. */
  readonly calibration?: readonly CalibrationBin[];
  /** Texts that the model got wrong, the worst first. */
  readonly mistakes?: readonly Mistake[];
}

/** @throws {TypeError} If scores or the confusion matrix are not those of the classes. */
export function checkReport({ evaluation }: TrainingReport): void {
  if (evaluation === undefined) return;
  const { classes = [], scores, confusion } = evaluation;
  const problems: string[] = [];
  const expect = (thing: string, count: number) => {
    if (count !== classes.length) problems.push(`${thing} must be ${classes.length}, as are the classes, got ${count}`);
  };
  if (scores !== undefined) expect("scores", scores.length);
  if (confusion !== undefined) expect("rows of the confusion matrix", confusion.length);
  confusion?.forEach((row, i) => expect(`numbers in row ${i} of the confusion matrix`, row.length));
  if (problems.length === 0) return;
  throw new TypeError(`Cannot make a report:${listed(problems.slice(0, 5))}`);
}
