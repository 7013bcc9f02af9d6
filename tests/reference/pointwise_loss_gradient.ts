/** The gradients of pointwise losses in float64. */

import { pitch } from "../../src/kernels/kernel.ts";
import { POINTWISE_LOSSES } from "../../src/kernels/losses/pointwise_loss.ts";

/** Sizes and operands of {@linkcode pointwiseLossGradient}; matrices have a row pitch. */
export interface PointwiseLossGradientCall {
  rows: number;
  columns: number;
  x: ArrayLike<number>;
  y: ArrayLike<number>;
  dlosses: ArrayLike<number>;
  kind: number;
}

/** The slope by x of the loss of one logit or value x against its target y. */
export function pointSlope(x: number, y: number, kind: number): number {
  if (kind === POINTWISE_LOSSES.squared_error) return 2 * (x - y);
  const tail = 1 / (1 + Math.exp(Math.abs(x)));
  return x > 0 ? 1 - y - tail : tail - y;
}

/** `out[r, c] = dlosses[r] * slope(x[r, c], y[r, c])`, 0 where `dlosses` is 0; [rows, columns]. */
export function pointwiseLossGradient(
  { rows, columns, x, y, dlosses, kind }: PointwiseLossGradientCall,
): Float64Array<ArrayBuffer> {
  const stride = pitch(columns);
  const out = new Float64Array(rows * stride);
  for (let r = 0; r < rows; r++) {
    if (dlosses[r] === 0) continue; // the slope may be anything
    for (let at = r * stride; at < r * stride + columns; at++) {
      out[at] = (dlosses[r] as number) * pointSlope(x[at] as number, y[at] as number, kind);
    }
  }
  return out;
}
