/** The gradient of the means of segments of rows, in float64. */

import { pitch } from "../../src/kernels/kernel.ts";

/** `out[r] = dy[s] / rows of s` for the segment s that has row r, zeros if none has; `[rows, columns]`. */
export function meanRowsGradient(
  { rows, columns, dy, starts }: { rows: number; columns: number; dy: ArrayLike<number>; starts: ArrayLike<number> },
): Float64Array<ArrayBuffer> {
  const stride = pitch(columns);
  const out = new Float64Array(rows * stride);
  for (let s = 0; s < starts.length - 1; s++) {
    const [start, end] = [starts[s] as number, starts[s + 1] as number];
    for (let r = start; r < end; r++) {
      for (let c = 0; c < columns; c++) out[r * stride + c] = (dy[s * stride + c] as number) / (end - start);
    }
  }
  return out;
}
