/** The k largest elements of rows, one after the other. */

import { pitch } from "../../src/kernels/kernel.ts";

/**
 * The k largest of each row in order, of equal ones the lower column first; both results are [rows, k] without padding.
 */
export function topK(
  { rows, columns, k, x }: { rows: number; columns: number; k: number; x: ArrayLike<number> },
): { indices: Uint32Array; values: Float64Array } {
  const stride = pitch(columns);
  const indices = new Uint32Array(rows * k);
  const values = new Float64Array(rows * k);
  for (let r = 0; r < rows; r++) {
    const taken = new Set<number>();
    for (let n = 0; n < k; n++) {
      let best = -1;
      for (let c = 0; c < columns; c++) {
        if (taken.has(c)) continue;
        if (best < 0 || (x[r * stride + c] as number) > (x[r * stride + best] as number)) best = c;
      }
      taken.add(best);
      indices[r * k + n] = best;
      values[r * k + n] = x[r * stride + best] as number;
    }
  }
  return { indices, values };
}
