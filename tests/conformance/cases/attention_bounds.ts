/**
 * How far attention in 32-bit floats may be from the float64 twin.
 *
 * A probability of the softmax is bounded by 2e-6, and a small one by 1e-5 of itself (and 1e-9), so that the sum of a row
 * is 1 within 1e-5; the head's scale scales the bound. Most problems have scores that 32-bit floats hold exactly: sums of
 * multiples of 1/64, times a power of two. Others have scores rounded by up to δ = terms * 2^-23 * sum of absolute products,
 * and a softmax of scores that are off by δ is off by a factor of at most e^(2δ).
 * An output carries the bounds of its probabilities, and rounds a sum over n keys by n * 2^-23 * sum of absolute products.
 */

import { attentionApply, type Read, score } from "../../reference/attention.ts";
import type { Problem } from "./attention_data.ts";

const ROUNDING = 2 ** -23;

/** Bounds of `probabilities` `[rows, heads, columns]`; 0 past the last key. */
export function probabilityBounds(problem: Problem, probabilities: Float64Array): Float64Array {
  return mapProbabilities(problem, probabilities, (p, headScale, rounding) => {
    return Math.min(2e-6 * headScale, 1e-5 * p + 1e-9 * headScale) + rounding * p;
  });
}

/** Bounds of the outputs of `attention` `[rows, heads, headSize]`. */
export function attentionBounds(problem: Problem, probabilities: Float64Array): Float64Array {
  const carried = probabilityBounds(problem, probabilities);
  const summed = sumBounds(problem, probabilities);
  return attentionApply({ ...problem, v: absolute(problem.v) }, carried, problem.columns).map((x, i) =>
    x + (summed[i] as number)
  );
}

/** Bounds of the outputs of `attention_apply` `[rows, heads, headSize]`, whose probabilities are given. */
export function sumBounds(problem: Problem, probabilities: Float64Array): Float64Array {
  const errors = mapProbabilities(problem, probabilities, (p, _headScale, _rounding, n) => n * ROUNDING * Math.abs(p));
  return attentionApply({ ...problem, v: absolute(problem.v) }, errors, problem.columns);
}

/** Maps every probability of a real key; `rounding` is its relative error by that of the scores, `n` the keys of its row. */
function mapProbabilities(
  problem: Problem,
  probabilities: Float64Array,
  bound: (p: number, headScale: number, rounding: number, n: number) => number,
): Float64Array {
  const bounds = new Float64Array(probabilities.length);
  for (const { rowStart, rowCount, keyStart, keyCount } of problem.sequences) {
    for (let r = rowStart; r < rowStart + rowCount; r++) {
      for (let a = 0; a < problem.heads; a++) {
        let rounding = 0;
        for (let j = 0; j < keyCount && !problem.exact; j++) {
          rounding = Math.max(rounding, Math.expm1(2 * scoreBound(problem, r, a, keyStart + j)));
        }
        for (let j = 0; j < keyCount; j++) {
          const at = (r * problem.heads + a) * problem.columns + j;
          bounds[at] = bound(probabilities[at] as number, problem.headScale[a] as number, rounding, keyCount);
        }
      }
    }
  }
  return bounds;
}

function scoreBound(problem: Problem, r: number, a: number, t: number): number {
  const { q, k, headSize, relative } = problem;
  const terms = headSize + (relative === null ? 0 : relative.size * (relative.withKey ? 2 : 1));
  const magnitudes = relative && {
    ...relative,
    q: absolute(relative.q),
    distance: (i: number, d: number) => Math.abs(relative.distance(i, d)),
  };
  const sum = score({ ...problem, q: absolute(q), k: absolute(k), relative: magnitudes }, r, a, t);
  return terms * ROUNDING * sum;
}

function absolute(read: Read): Read {
  return (i, a, d) => Math.abs(read(i, a, d));
}
