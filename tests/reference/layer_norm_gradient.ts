/** The gradient of LayerNorm in float64. */

import { pitch } from "../../src/kernels/kernel.ts";
import { type LayerNormCall, rowStatistics } from "./layer_norm.ts";

/** Sizes and operands of {@linkcode layerNormGradient}; matrices have a row pitch. */
export type LayerNormGradientCall = Omit<LayerNormCall, "bias"> & {
  /** [rows, columns] */
  dy: ArrayLike<number>;
};

/** What {@linkcode layerNormGradient} computes; [rows, columns] both. */
export interface LayerNormGradient {
  /** The gradient by x and by the residual. */
  out: Float64Array<ArrayBuffer>;
  /** Products whose sums over the rows are the gradient by the weight. */
  products: Float64Array<ArrayBuffer>;
}

/**
 * `out = (g - mean(g) - n * mean(g * n)) / deviation` and `products = dy * n`, with `g = dy * weight` and `n` the
 * normalized values of the row.
 */
export function layerNormGradient(call: LayerNormGradientCall): LayerNormGradient {
  const { rows, columns, weight, dy } = call;
  const stride = pitch(columns);
  const [out, products] = [new Float64Array(rows * stride), new Float64Array(rows * stride)];
  for (let r = 0; r < rows; r++) {
    const { v, mean, deviation } = rowStatistics(call, r);
    const normal = v.map((value) => (value - mean) / deviation);
    const given = normal.map((_, c) => (dy[r * stride + c] as number) * (weight[c] as number));
    const sum = given.reduce((a, b) => a + b, 0);
    const slope = given.reduce((total, value, c) => total + value * (normal[c] as number), 0);
    for (let c = 0; c < columns; c++) {
      const n = normal[c] as number;
      out[r * stride + c] = ((given[c] as number) - sum / columns - n * slope / columns) / deviation;
      products[r * stride + c] = (dy[r * stride + c] as number) * n;
    }
  }
  return { out, products };
}
