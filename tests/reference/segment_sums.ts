/** Sums of rows that an index picks, in float64. */

import { pitch } from "../../src/kernels/kernel.ts";

/**
 * `out[s] = sum over i of x[order[i]]`, i from `starts[s]` to `starts[s + 1] - 1`; `[starts.length - 1, columns]`. For
 * the segments from `first` on, `starts` begins there.
 */
export function segmentSums(
  { x, starts, order, columns }: { x: Float32Array; starts: Uint32Array; order: Uint32Array; columns: number },
): Float64Array<ArrayBuffer> {
  const stride = pitch(columns);
  const out = new Float64Array((starts.length - 1) * stride);
  for (let s = 0; s < starts.length - 1; s++) {
    for (let i = starts[s] as number; i < (starts[s + 1] as number); i++) {
      for (let c = 0; c < columns; c++) {
        out[s * stride + c] = (out[s * stride + c] as number) + (x[(order[i] as number) * stride + c] as number);
      }
    }
  }
  return out;
}
