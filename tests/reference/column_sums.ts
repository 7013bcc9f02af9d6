/** The sum of each column in float64. */

import { pitch } from "../../src/kernels/kernel.ts";

/** `out[c] = sum over r of x[r, c]`, for rows of `columns` columns, pitched. */
export function columnSums(x: Float32Array, columns: number): Float64Array<ArrayBuffer> {
  const stride = pitch(columns);
  const out = new Float64Array(stride);
  for (let row = 0; row < x.length; row += stride) {
    for (let c = 0; c < columns; c++) out[c] = (out[c] as number) + (x[row + c] as number);
  }
  return out;
}
