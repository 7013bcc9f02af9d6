/** From logits to scores, in float64: a handful of numbers per text, after the model has read them back. */

import { softmax } from "../../base/softmax.ts";
import type { NarrowBertConfig } from "../../model/config/config.ts";

/** What turns the logits of a text into scores. */
export type ScoreFunction = "softmax" | "sigmoid" | "none";

/** Every {@linkcode ScoreFunction}. */
export const FUNCTIONS: readonly ScoreFunction[] = ["softmax", "sigmoid", "none"];

/**
 * The function that a caller asked for, or the usual one of the model's problem.
 *
 * @throws {RangeError} Where there is no such function.
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
 * Checks how many answers a caller wants, best first; `null` is all.
 *
 * @param action For the message: `classify texts`.
 * @throws {RangeError} Where it is neither `null` nor a whole number from 1.
 */
export function checkTopK(top_k: number | null, action: string): void {
  if (top_k === null || (Number.isSafeInteger(top_k) && top_k >= 1)) return;
  throw new RangeError(`Cannot ${action}: top_k must be null or a whole number from 1, got ${top_k}`);
}
