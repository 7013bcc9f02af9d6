/** The gradient of softmax in float64. */

import { pitch } from "../../src/kernels/kernel.ts";

/** `out = p * (dp - sum(p * dp))` over the columns of each row, pitched; and for each row the sum of `|p * dp|`. */
export function softmaxGradient(
  { rows, columns, p, dp }: { rows: number; columns: number; p: ArrayLike<number>; dp: ArrayLike<number> },
): { out: Float64Array<ArrayBuffer>; sizes: Float64Array<ArrayBuffer> } {
  const stride = pitch(columns);
  const out = new Float64Array(rows * stride);
  const sizes = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    let mean = 0;
    for (let at = r * stride; at < r * stride + columns; at++) {
      const term = (p[at] as number) * (dp[at] as number);
      mean += term;
      sizes[r] = (sizes[r] as number) + Math.abs(term);
    }
    for (let at = r * stride; at < r * stride + columns; at++) {
      out[at] = (p[at] as number) * ((dp[at] as number) - mean);
    }
  }
  return { out, sizes };
}
