/** From logits to scores, in float64 on the CPU: a text has only a few logits. */

import { softmax } from "../../base/softmax.ts";
import type { NarrowBertConfig } from "../../model/config/config.ts";
import { aggregated } from "../windows/aggregated.ts";
import type { Aggregation } from "../windows/options.ts";

/** A function from the logits of a text to scores. */
export type ScoreFunction = "softmax" | "sigmoid" | "none";

/** Every {@linkcode ScoreFunction}. */
export const FUNCTIONS: readonly ScoreFunction[] = ["softmax", "sigmoid", "none"];

/**
 * The function that a caller asked for, or the default of the model's `problem_type`.
 *
 * @throws {RangeError} If there is no such function.
 */
export function scoreFunction(
  asked: ScoreFunction | undefined,
  { problem_type, num_labels }: Pick<NarrowBertConfig, "problem_type" | "num_labels">,
): ScoreFunction {
  if (asked !== undefined) {
    if (FUNCTIONS.includes(asked)) return asked;
    throw new RangeError(
      `Cannot classify texts: function_to_apply must be one of ${FUNCTIONS.join(", ")}, got "${asked}"`,
    );
  }
  if (problem_type === "regression") return "none";
  return problem_type === "multi_label_classification" || num_labels === 1 ? "sigmoid" : "softmax";
}

/** Applies a {@linkcode ScoreFunction} to the logits of one text. */
export function scores(logits: ArrayLike<number>, apply: ScoreFunction): number[] {
  const numbers = Array.from(logits);
  if (apply === "none") return numbers;
  return apply === "sigmoid" ? numbers.map((x) => 1 / (1 + Math.exp(-x))) : softmax(numbers);
}

/**
 * The numbers of what some logits are of, the largest logit first; equal ones stay in their order. Not by scores: those of
 * logits from 37 on are all 1 in float64.
 */
export function bestFirst(logits: ArrayLike<number>): number[] {
  return Array.from(logits, (_, i) => i).sort((a, b) => (logits[b] as number) - (logits[a] as number));
}

/**
 * The same by scores, which need not be in the order of their logits: of several windows, or of an activation that does not
 * rise everywhere. Logits order equal scores.
 */
export function bestFirstOf(scores: ArrayLike<number>, logits: ArrayLike<number>): number[] {
  return bestFirst(logits).sort((a, b) => (scores[b] as number) - (scores[a] as number));
}

/** Scores, and the numbers of what they are of, best first. */
export interface OrderedScores {
  readonly scores: ArrayLike<number>;
  readonly order: readonly number[];
}

/**
 * The scores of one window, or of several as one. Those of one are in the order of their logits.
 *
 * @param windows One at least.
 */
export function joinedScores(
  windows: readonly { scores: ArrayLike<number>; logits: ArrayLike<number> }[],
  aggregation: Aggregation,
): OrderedScores {
  const scores = aggregated(windows.map((window) => window.scores), aggregation);
  const logits = aggregated(windows.map((window) => window.logits), aggregation);
  return { scores, order: windows.length === 1 ? bestFirst(logits) : bestFirstOf(scores, logits) };
}

/**
 * Checks the number of answers that a caller wants; `null` is all.
 *
 * @param action For the message: `classify texts`.
 * @throws {RangeError} If it is neither `null` nor a whole number from 1.
 */
export function checkTopK(top_k: number | null, action: string): void {
  if (top_k === null || (Number.isSafeInteger(top_k) && top_k >= 1)) return;
  throw new RangeError(`Cannot ${action}: top_k must be null or a whole number from 1, got ${top_k}`);
}
