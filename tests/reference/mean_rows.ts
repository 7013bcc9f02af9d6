/** The mean of segments of rows in float64. */

import { pitch } from "../../src/kernels/kernel.ts";

/** `out[s] = mean of x[starts[s] .. starts[s + 1] - 1]`, zeros for an empty segment; `[starts.length - 1, columns]`. */
export function meanRows(
  x: ArrayLike<number>,
  starts: Uint32Array,
  columns: number,
): Float64Array<ArrayBuffer> {
  const stride = pitch(columns);
  const out = new Float64Array((starts.length - 1) * stride);
  for (let s = 0; s < starts.length - 1; s++) {
    const [start, end] = [starts[s] as number, starts[s + 1] as number];
    for (let c = 0; c < columns; c++) {
      let sum = 0;
      for (let row = start; row < end; row++) sum += x[row * stride + c] as number;
      if (end > start) out[s * stride + c] = sum / (end - start);
    }
  }
  return out;
}
