/** Softmax in float64. */

import { pitch } from "../../src/kernels/kernel.ts";

/** `out[r, c] = e^x[r, c] / sum over c of e^x[r, c]`, with the row's maximum taken off first; [rows, columns]. */
export function softmax(
  { rows, columns, x }: { rows: number; columns: number; x: ArrayLike<number> },
): Float64Array {
  const stride = pitch(columns);
  const out = new Float64Array(rows * stride);
  for (let r = 0; r < rows; r++) {
    let peak = -Infinity;
    for (let c = 0; c < columns; c++) peak = Math.max(peak, x[r * stride + c] as number);
    let total = 0;
    for (let c = 0; c < columns; c++) total += Math.exp((x[r * stride + c] as number) - peak);
    for (let c = 0; c < columns; c++) {
      out[r * stride + c] = Math.exp((x[r * stride + c] as number) - peak) / total;
    }
  }
  return out;
}
