/** The distance of distributions of logits, and its gradient, in float64. */

import { pitch } from "../../src/kernels/kernel.ts";

/** Logits, those of the teacher, and the temperature; rows pitched. */
export interface DivergenceCall<Logits extends ArrayLike<number> = ArrayLike<number>> {
  rows: number;
  columns: number;
  temperature: number;
  x: Logits;
  y: Logits;
}

/** A row's distribution at a temperature. */
export interface Distribution {
  /** `(x[c] - peak) / T`. */
  distances: Float64Array;
  /** The logarithm of the sum of their powers. */
  logSum: number;
  probabilities: Float64Array;
}

/** The distribution of row `r` of `logits`. */
export function distributionOf(
  { columns, temperature }: DivergenceCall,
  logits: ArrayLike<number>,
  r: number,
): Distribution {
  const at = r * pitch(columns);
  const scaled = Float64Array.from({ length: columns }, (_, c) => (logits[at + c] as number) / temperature);
  const peak = scaled.reduce((most, value) => Math.max(most, value), -Infinity);
  const distances = scaled.map((value) => value - peak);
  const sum = distances.reduce((total, distance) => total + Math.exp(distance), 0);
  return { distances, logSum: Math.log(sum), probabilities: distances.map((distance) => Math.exp(distance) / sum) };
}

/** `losses[r] = T^2 * sum over c of p log(p / q)`, p = softmax(y / T), q = softmax(x / T); [rows]. */
export function klDivergence(call: DivergenceCall): Float64Array<ArrayBuffer> {
  const { rows, columns, temperature } = call;
  const losses = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    const [q, p] = [distributionOf(call, call.x, r), distributionOf(call, call.y, r)];
    let total = 0;
    for (let c = 0; c < columns; c++) {
      total += divergence(p.probabilities[c] as number, q.probabilities[c] as number, logRatio(p, q, c));
    }
    losses[r] = temperature ** 2 * total;
  }
  return losses;
}

/** `log(p / q)` of a column. */
export function logRatio(p: Distribution, q: Distribution, column: number): number {
  return (p.distances[column] as number) - (q.distances[column] as number) + (q.logSum - p.logSum);
}

/** `p d - p + q`, which is never negative; `p log(p / q)` up to what sums to 0. */
function divergence(p: number, q: number, d: number): number {
  if (Math.abs(d) >= 0.01) return p * (d - 1) + q;
  return p * d * d * (1 / 2 - d / 6 + d * d / 24 - d ** 3 / 120 + d ** 4 / 720);
}

/** `out[r] = dlosses[r] * T * (q - p)`, zeros where `dlosses` is 0; [rows, columns]. */
export function klDivergenceGradient(
  call: DivergenceCall & { dlosses: ArrayLike<number> },
): Float64Array<ArrayBuffer> {
  const { rows, columns, temperature, dlosses } = call;
  const out = new Float64Array(rows * pitch(columns));
  for (let r = 0; r < rows; r++) {
    if (dlosses[r] === 0) continue; // the logits may be anything
    const [q, p] = [distributionOf(call, call.x, r), distributionOf(call, call.y, r)];
    for (let c = 0; c < columns; c++) {
      const difference = (q.probabilities[c] as number) - (p.probabilities[c] as number);
      out[r * pitch(columns) + c] = (dlosses[r] as number) * temperature * difference;
    }
  }
  return out;
}
