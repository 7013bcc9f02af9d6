/**
 * How far attention in 32-bit floats may be from the float64 twin.
 *
 * A probability of the softmax is bounded by 2e-6, and a small one by 1e-5 of itself (and 1e-9), so that the sum of a row
 * is 1 within 1e-5; the head's scale scales the bound. Most problems have scores that 32-bit floats hold exactly: sums of
 * multiples of 1/64, times a power of two. Others have scores rounded by up to δ = terms * 2^-23 * sum of absolute products,
 * and a softmax of scores that are off by δ is off by a factor of at most e^(2δ).
 * An output carries the bounds of its probabilities, and rounds a sum over n keys by n * 2^-23 * sum of absolute products.
 */

import { attentionApply, type AttentionInputs, score } from "../../reference/attention.ts";
import { magnitudes, type Problem } from "./attention_data.ts";

const ROUNDING = 2 ** -23;

/** A probability, its head's scale, its relative error by that of the scores, and the keys of its row. */
interface Probability {
  p: number;
  headScale: number;
  rounding: number;
  keys: number;
}

/** Bounds of `probabilities` `[rows, heads, columns]`; 0 past the last key. */
export function probabilityBounds(problem: Problem, probabilities: Float64Array): Float64Array {
  return mapProbabilities(problem, probabilities, softmaxError);
}

/** Bounds of the outputs of `attention` `[rows, heads, headSize]`. */
export function attentionBounds(problem: Problem, probabilities: Float64Array): Float64Array {
  const errors = mapProbabilities(problem, probabilities, (one) => softmaxError(one) + sumError(one));
  return attentionApply(magnitudes(problem), errors, problem.columns);
}

/** Bounds of the outputs of `attention_apply` `[rows, heads, headSize]`, whose probabilities are given. */
export function sumBounds(problem: Problem, probabilities: Float64Array): Float64Array {
  const errors = mapProbabilities(problem, probabilities, sumError);
  return attentionApply(magnitudes(problem), errors, problem.columns);
}

function softmaxError({ p, headScale, rounding }: Probability): number {
  return Math.min(2e-6 * headScale, 1e-5 * p + 1e-9 * headScale) + rounding * p;
}

function sumError({ p, keys }: Probability): number {
  return keys * ROUNDING * Math.abs(p);
}

/** Maps every probability of a real key. */
function mapProbabilities(
  problem: Problem,
  probabilities: Float64Array,
  error: (one: Probability) => number,
): Float64Array {
  const { sequences, heads, columns, headScale, exact } = problem;
  const absolute = magnitudes(problem);
  const errors = new Float64Array(probabilities.length);
  for (const { rowStart, rowCount, keyStart, keyCount: keys } of sequences) {
    for (let r = rowStart; r < rowStart + rowCount; r++) {
      for (let a = 0; a < heads; a++) {
        let rounding = 0;
        for (let j = 0; j < keys && !exact; j++) {
          rounding = Math.max(rounding, Math.expm1(2 * scoreBound(absolute, r, a, keyStart + j)));
        }
        for (let j = 0; j < keys; j++) {
          const at = (r * heads + a) * columns + j;
          errors[at] = error({ p: probabilities[at] as number, headScale: headScale[a] as number, rounding, keys });
        }
      }
    }
  }
  return errors;
}

function scoreBound(absolute: AttentionInputs, r: number, a: number, t: number): number {
  const { headSize, relative } = absolute;
  const terms = headSize + (relative === null ? 0 : relative.size * (relative.withKey ? 2 : 1));
  return terms * ROUNDING * score(absolute, r, a, t);
}
