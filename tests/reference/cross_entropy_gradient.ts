/** The gradient of cross-entropy in float64. */

import { pitch } from "../../src/kernels/kernel.ts";
import { type CrossEntropyCall, weightOf } from "./cross_entropy.ts";

/** What the gradient reads. */
export type CrossEntropyGradientCall = CrossEntropyCall & { dlosses: ArrayLike<number> };

/**
 * `out[r] = weights[r] * dlosses[r] * (softmax(x[r]) - (1 - smoothing) onehot(labels[r]) - smoothing / columns)`, zeros
 * without a label or of weight 0; [rows, columns].
 */
export function crossEntropyGradient(call: CrossEntropyGradientCall): Float64Array<ArrayBuffer> {
  const { rows, columns, x, labels, smoothing = 0, dlosses } = call;
  const stride = pitch(columns);
  const out = new Float64Array(rows * stride);
  for (let r = 0; r < rows; r++) {
    const weight = weightOf(call, r);
    if (weight === 0) continue;
    const label = labels[r] as number;
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
    const dloss = weight * (dlosses[r] as number);
    for (let c = 0; c < columns; c++) {
      const share = (c === label ? smoothing : 0) - smoothing / columns;
      out[r * stride + c] = dloss * ((out[r * stride + c] as number) / total + share);
    }
  }
  return out;
}
