/** LayerNorm in float64. */

import { pitch } from "../../src/kernels/kernel.ts";

/** Sizes and operands of {@linkcode layerNorm}; matrices have a row pitch. */
export interface LayerNormCall {
  rows: number;
  columns: number;
  eps: number;
  /** [rows, columns] */
  x: ArrayLike<number>;
  /** [rows, columns] */
  residual?: ArrayLike<number>;
  /** [columns] */
  weight: ArrayLike<number>;
  /** [columns] */
  bias: ArrayLike<number>;
}

/**
 * `out[r, c] = (v[r, c] - mean) / sqrt(variance + eps) * weight[c] + bias[c]` with `v = x + residual`; [rows, columns].
 */
export function layerNorm(call: LayerNormCall): Float64Array {
  const { rows, columns, weight, bias } = call;
  const out = new Float64Array(rows * pitch(columns));
  for (let r = 0; r < rows; r++) {
    const { v, mean, deviation } = rowStatistics(call, r);
    for (let c = 0; c < columns; c++) {
      const normal = ((v[c] as number) - mean) / deviation;
      out[r * pitch(columns) + c] = normal * (weight[c] as number) + (bias[c] as number);
    }
  }
  return out;
}

/** The values of row `r` before normalization, their mean, and their standard deviation with eps in it. */
export function rowStatistics(
  { columns, eps, x, residual }: Omit<LayerNormCall, "weight" | "bias">,
  r: number,
): { v: Float64Array; mean: number; deviation: number } {
  const v = new Float64Array(columns);
  for (let c = 0; c < columns; c++) {
    v[c] = (x[r * pitch(columns) + c] as number) + (residual?.[r * pitch(columns) + c] ?? 0);
  }
  let sum = 0;
  for (let c = 0; c < columns; c++) sum += v[c] as number;
  const mean = sum / columns;
  let squares = 0;
  for (let c = 0; c < columns; c++) squares += ((v[c] as number) - mean) ** 2;
  return { v, mean, deviation: Math.sqrt(squares / columns + eps) };
}
