/** Pointwise losses in float64. */

import { pitch } from "../../src/kernels/kernel.ts";
import { POINTWISE_LOSSES } from "../../src/kernels/losses/pointwise_loss.ts";

/** The loss of one logit or value x against its target y. */
export function pointLoss(x: number, y: number, kind: number): number {
  if (kind === POINTWISE_LOSSES.squared_error) return (x - y) ** 2;
  return Math.max(x, 0) - x * y + Math.log1p(Math.exp(-Math.abs(x)));
}

/** `losses[r] = sum over c of loss(x[r, c], y[r, c])`; [rows]. */
export function pointwiseLoss(
  { rows, columns, x, y, kind }: {
    rows: number;
    columns: number;
    x: ArrayLike<number>;
    y: ArrayLike<number>;
    kind: number;
  },
): Float64Array {
  const stride = pitch(columns);
  const losses = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      losses[r] = (losses[r] as number) + pointLoss(x[r * stride + c] as number, y[r * stride + c] as number, kind);
    }
  }
  return losses;
}
