/** Cross-entropy in float64. */

import { NO_LABEL } from "../../src/kernels/losses/cross_entropy.ts";
import { pitch } from "../../src/kernels/kernel.ts";

/** Logits, rows pitched, with a label each. */
export interface CrossEntropyCall {
  rows: number;
  columns: number;
  x: ArrayLike<number>;
  labels: ArrayLike<number>;
  /** Factors of the rows' losses; left out, 1. */
  weights?: ArrayLike<number> | undefined;
  /** The share of the label that is spread over all columns; left out, 0. */
  smoothing?: number;
}

/** A row's weight; 0 for one without a label. */
export function weightOf({ labels, weights }: Pick<CrossEntropyCall, "labels" | "weights">, row: number): number {
  return labels[row] === NO_LABEL ? 0 : weights?.[row] ?? 1;
}

/**
 * `losses[r] = weights[r] * (logsumexp(x[r]) - (1 - smoothing) x[r, labels[r]] - smoothing mean(x[r]))`, 0 without a label or
 * of weight 0; [rows].
 */
export function crossEntropy(call: CrossEntropyCall): Float64Array {
  const { rows, columns, x, labels, smoothing = 0 } = call;
  const losses = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    const weight = weightOf(call, r);
    if (weight === 0) continue;
    const row = Float64Array.from({ length: columns }, (_, c) => x[r * pitch(columns) + c] as number);
    const peak = row.reduce((most, value) => Math.max(most, value), -Infinity);
    const total = row.reduce((sum, value) => sum + Math.exp(value - peak), 0);
    const distance = peak - (row[labels[r] as number] as number);
    const smoothed = smoothing === 0 ? distance : (1 - smoothing) * distance + smoothing * meanDistance(row, peak);
    losses[r] = weight * (Math.log(total) + smoothed);
  }
  return losses;
}

/** The mean of `peak - row[c]`. */
export function meanDistance(row: Float64Array, peak: number): number {
  return row.reduce((sum, value) => sum + (peak - value), 0) / row.length;
}
