/** Segments of rows, each pooled in its own way, in float64. */

import { pitch } from "../../src/kernels/kernel.ts";
import { POOL_CODES } from "../../src/kernels/rows/pool_rows.ts";

/**
 * `out[s]` of the rows of segment s, zeros for none: their mean, their sum by the root of their number, their mean weighted by
 * `from + 1, from + 2, …`, their largest. `table` has first row, end, code and `from` of each; `[table.length / 4, columns]`.
 */
export function poolRows(x: ArrayLike<number>, table: Uint32Array, columns: number): Float64Array<ArrayBuffer> {
  const stride = pitch(columns);
  const out = new Float64Array(table.length / 4 * stride);
  for (let s = 0; s < table.length / 4; s++) {
    const [start, end, code, from] = table.subarray(4 * s, 4 * s + 4) as unknown as [number, number, number, number];
    for (let c = 0; c < columns && end > start; c++) {
      const values = Array.from({ length: end - start }, (_, i) => x[(start + i) * stride + c] as number);
      out[s * stride + c] = pool(values, code, from);
    }
  }
  return out;
}

function pool(values: readonly number[], code: number, from: number): number {
  if (code === POOL_CODES.max) return Math.max(...values);
  const weights = values.map((_, i) => code === POOL_CODES.weightedmean ? from + i + 1 : 1);
  const sum = values.reduce((total, value, i) => total + (weights[i] as number) * value, 0);
  const total = weights.reduce((a, b) => a + b, 0);
  return sum / (code === POOL_CODES.mean_sqrt_len_tokens ? Math.sqrt(total) : total);
}
