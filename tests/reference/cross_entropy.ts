/** Cross-entropy in float64. */

import { NO_LABEL } from "../../src/kernels/losses/cross_entropy.ts";
import { pitch } from "../../src/kernels/kernel.ts";

/** `losses[r] = log(sum over c of e^x[r, c]) - x[r, labels[r]]`, 0 without a label; [rows]. */
export function crossEntropy(
  { rows, columns, x, labels }: { rows: number; columns: number; x: ArrayLike<number>; labels: ArrayLike<number> },
): Float64Array {
  const stride = pitch(columns);
  const losses = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    const label = labels[r] as number;
    if (label === NO_LABEL) continue;
    let peak = -Infinity;
    for (let c = 0; c < columns; c++) peak = Math.max(peak, x[r * stride + c] as number);
    let total = 0;
    for (let c = 0; c < columns; c++) total += Math.exp((x[r * stride + c] as number) - peak);
    losses[r] = Math.log(total) + (peak - (x[r * stride + label] as number));
  }
  return losses;
}
