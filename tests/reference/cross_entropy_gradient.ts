/** The gradient of cross-entropy in float64. */

import { pitch } from "../../src/kernels/kernel.ts";
import { NO_LABEL } from "../../src/kernels/losses/cross_entropy.ts";

/** `out[r] = (softmax(x[r]) - onehot(labels[r])) * dlosses[r]`, zeros without a label; [rows, columns]. */
export function crossEntropyGradient(
  { rows, columns, x, labels, dlosses }: {
    rows: number;
    columns: number;
    x: ArrayLike<number>;
    labels: ArrayLike<number>;
    dlosses: ArrayLike<number>;
  },
): Float64Array<ArrayBuffer> {
  const stride = pitch(columns);
  const out = new Float64Array(rows * stride);
  for (let r = 0; r < rows; r++) {
    const label = labels[r] as number;
    if (label === NO_LABEL) continue;
    let peak = -Infinity;
    for (let c = 0; c < columns; c++) peak = Math.max(peak, x[r * stride + c] as number);
    let [total, others] = [0, 0];
    for (let c = 0; c < columns; c++) {
      const power = Math.exp((x[r * stride + c] as number) - peak);
      total += power;
      if (c !== label) others += power;
      out[r * stride + c] = power;
    }
    out[r * stride + label] = -others;
    for (let c = 0; c < columns; c++) {
      out[r * stride + c] = (out[r * stride + c] as number) / total * (dlosses[r] as number);
    }
  }
  return out;
}
