/**
 * The gradients of attention in float64, in plain loops: what `attention_score_gradient`, `attention_query_gradient`,
 * `attention_key_gradient` and `attention_distance_gradient` must compute.
 */

import type { AttentionInputs, Read, RelativeTerm, Sequence } from "./attention.ts";

/** Numbers `[rows, heads, columns]`: key j of the row's own sequence in column j. */
export interface Weights {
  data: ArrayLike<number>;
  columns: number;
}

/** The gradient by scores, and for bounds what its terms add up to. */
export interface ScoreGradient {
  /** `[rows, heads, columns]`. */
  values: Float64Array<ArrayBuffer>;
  /** `d` of absolute values, `[rows, heads, columns]`. */
  sizes: Float64Array<ArrayBuffer>;
}

/**
 * `scale * (dropped * d - p * sum(dropped * d) / headScale)` with `d[r, a, j] = d_out[r, a, :] · v[j, a, :] + d_sums[r, a]`.
 *
 * @param given `dropped`: what dropout left of p, p itself without dropout; `dSums`: 0 if left out.
 */
export function scoreGradient(
  { sequences, rows, heads, headSize, v, scale, headScale }: Omit<AttentionInputs, "q" | "k" | "relative">,
  { p, dropped, dOut, dSums = () => 0 }: {
    p: Weights;
    dropped: ArrayLike<number>;
    dOut: Read;
    dSums?: (r: number, a: number) => number;
  },
): ScoreGradient {
  const [values, sizes] = [0, 1].map(() => new Float64Array(rows * heads * p.columns)) as [
    Float64Array<ArrayBuffer>,
    Float64Array<ArrayBuffer>,
  ];
  for (const { rowStart, rowCount, keyStart, keyCount } of sequences) {
    for (let r = rowStart; r < rowStart + rowCount; r++) {
      for (let a = 0; a < heads; a++) {
        const first = (r * heads + a) * p.columns;
        const d = new Float64Array(keyCount);
        let total = 0;
        for (let j = 0; j < keyCount; j++) {
          let sum = dSums(r, a);
          let size = Math.abs(sum);
          for (let i = 0; i < headSize; i++) {
            const product = dOut(r, a, i) * v(keyStart + j, a, i);
            sum += product;
            size += Math.abs(product);
          }
          d[j] = sum;
          sizes[first + j] = size;
          total += dropped[first + j]! * sum;
        }
        const mean = headScale[a] === 0 ? 0 : total / headScale[a]!;
        for (let j = 0; j < keyCount; j++) {
          values[first + j] = scale * (dropped[first + j]! * d[j]! - p.data[first + j]! * mean);
        }
      }
    }
  }
  return { values, sizes };
}

/** A sum that is added to what a tensor holds, and for bounds its terms. */
export interface Added {
  /** The tensor afterwards. */
  values: Float64Array<ArrayBuffer>;
  /** What each element held plus its terms, all absolute. */
  sizes: Float64Array<ArrayBuffer>;
  /** How many terms each element has. */
  counts: Uint32Array<ArrayBuffer>;
}

/** A tensor that is added to: element (i, a, d) at `offset + i * stride + a * head + d`. */
export interface Target {
  data: ArrayLike<number>;
  offset: number;
  stride: number;
  head: number;
}

/** What a weight is multiplied by: of row r, token t and head a, element d. */
export type ReadPair = (r: number, t: number, a: number, d: number) => number;

/** Some consecutive keys of a sequence with its rows; key `keyStart` is in `column` of the weights. */
export interface KeyRange extends Sequence {
  column: number;
}

interface SumCall {
  ranges: readonly KeyRange[];
  heads: number;
  headSize: number;
  weights: Weights;
  x: ReadPair;
  to: Target;
}

/** `to[r, a, :] += sum_j weights[r, a, j] * x[r, j, a, :]`. */
export function addByRows(call: SumCall): Added {
  return add(call, (r) => r);
}

/** `to[j, a, :] += sum_r weights[r, a, j] * x[r, j, a, :]`. */
export function addByKeys(call: SumCall): Added {
  return add(call, (_, t) => t);
}

/** `to[i, :] += sum over all r, a, j at distance i of weights[r, a, j] * x[r, j, a, :]`. */
export function addByDistances(
  call: SumCall,
  { queryPositions, keyPositions, center }: Pick<RelativeTerm, "queryPositions" | "keyPositions" | "center">,
): Added {
  return add(call, (r, t) => queryPositions[r]! - keyPositions[t]! + center);
}

function add(
  { ranges, heads, headSize, weights: { data, columns }, x, to }: SumCall,
  place: (r: number, t: number) => number,
): Added {
  const values = Float64Array.from(to.data);
  const sizes = values.map(Math.abs);
  const counts = new Uint32Array(values.length);
  for (const { rowStart, rowCount, keyStart, keyCount, column } of ranges) {
    for (let r = rowStart; r < rowStart + rowCount; r++) {
      for (let a = 0; a < heads; a++) {
        for (let j = 0; j < keyCount; j++) {
          const weight = data[(r * heads + a) * columns + column + j]!;
          const at = to.offset + place(r, keyStart + j) * to.stride + a * to.head;
          for (let d = 0; d < headSize; d++) {
            const term = weight * x(r, keyStart + j, a, d);
            values[at + d] = values[at + d]! + term;
            sizes[at + d] = sizes[at + d]! + Math.abs(term);
            counts[at + d] = counts[at + d]! + 1;
          }
        }
      }
    }
  }
  return { values, sizes, counts };
}
