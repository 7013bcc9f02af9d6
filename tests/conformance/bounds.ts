/** How far kernels in f32 may be from their float64 twins; attention and LayerNorm have files of their own. */

import type { Params } from "../../src/kernels/kernel.ts";
import { pitch } from "../../src/kernels/kernel.ts";
import { POINTWISE_LOSSES } from "../../src/kernels/losses/pointwise_loss.ts";
import type { matmul } from "../../src/kernels/products/matmul.ts";
import { POOL_CODES } from "../../src/kernels/rows/pool_rows.ts";
import { type CrossEntropyCall, meanDistance, weightOf } from "../reference/cross_entropy.ts";
import { poolRows } from "../reference/pool_rows.ts";
import { softmaxGradient } from "../reference/softmax_gradient.ts";

/** Of an activation between -10 and 10; beyond, the result is x or a constant to the last bit. */
export const ACTIVATION_BOUND = 1e-6;

/** Of a probability. */
export const SOFTMAX_BOUND = 2e-6;

/**
 * Of an output of a product: the number of terms * 2^-23 * the sum of their absolute values, and what the activation does
 * to that.
 */
export function matmulBound(
  { k, bias, activation, residual }: Params<keyof typeof matmul.params>,
  magnitude: number,
): number {
  const sum = (k + Number(bias > 0) + residual) * 2 ** -23 * magnitude;
  const steepest = 1.13; // GELU's slope near x = 1.4
  return activation === 0 ? sum : steepest * sum + ACTIVATION_BOUND;
}

/** Of the mean of `rows` numbers: a rounding for each addition, and one for the division. @param size The mean of sizes. */
export function meanBound(rows: number, size: number): number {
  return (rows + 1) * 2 ** -23 * size;
}

/**
 * Of segments that `pool_rows` pools: of a mean, a rounding for each addition, one for the weight of each row, and three for
 * the root or the sum of weights and the division by it; none of the largest.
 */
export function poolBounds(x: ArrayLike<number>, table: Uint32Array, columns: number): Float64Array {
  const sizes = poolRows(Float64Array.from(x, Math.abs), table, columns);
  return sizes.map((size, i) => {
    const [start, end, code] = table.subarray(4 * Math.floor(i / pitch(columns))) as unknown as [
      number,
      number,
      number,
    ];
    return code === POOL_CODES.max ? 0 : meanBound(end - start + 3, size);
  });
}

/**
 * Of a sum by `reduce_sum`: a rounding for each addition in a lane and in the tree, and that of the division.
 *
 * @param size The same of absolute values.
 */
export function reduceSumBound(count: number, size: number): number {
  return (count / 32 + 7) * 2 ** -24 * size;
}

/** Of a row's cross-entropy that is neither smoothed nor weighted. */
export function crossEntropyBound(loss: number): number {
  return 2e-6 * loss;
}

/**
 * Of the cross-entropies of rows. Smoothing adds a part of the mean distance from the row's peak, which has a rounding for
 * each addition in a component, in a lane and in the tree, and those of the difference, of 1 / columns, which may be off
 * by 2.5 units, of both products and of the sum with the rest.
 */
export function crossEntropyBounds(call: CrossEntropyCall, values: Float64Array): Float64Array {
  const { columns, x, smoothing = 0 } = call;
  if (smoothing === 0) return values.map(crossEntropyBound);
  return values.map((loss, r) => {
    const weight = weightOf(call, r);
    if (weight === 0) return 0;
    const row = Float64Array.from({ length: columns }, (_, c) => x[r * pitch(columns) + c] as number);
    const spread = meanDistance(row, row.reduce((most, value) => Math.max(most, value), -Infinity));
    return crossEntropyBound(loss) + (columns / 128 + 16) * 2 ** -24 * weight * smoothing * spread;
  });
}

/**
 * Of a row's pointwise loss. No term is negative, so every addition in a lane and in the tree rounds by the sum's size at
 * most; a few roundings are in the terms, and the logarithm has the 2e-6 of cross-entropy.
 */
export function pointwiseLossBound({ kind, columns }: { kind: number; columns: number }, loss: number): number {
  const terms = kind === POINTWISE_LOSSES.binary_cross_entropy ? crossEntropyBound(loss) : 0;
  return (columns / 32 + 10) * 2 ** -24 * loss + terms;
}

/**
 * Of the sum of a value and a multiple of another: a rounding of the product and one of the sum, or one of both if they
 * are fused.
 */
export function addScaledBound(sum: number, product: number): number {
  return 2 ** -24 * (Math.abs(sum) + 2 * Math.abs(product));
}

/** Of the nearest f32 to a result. */
export function rounding(value: number): number {
  return 2 ** -24 * Math.abs(value);
}

/** Of the sum of a column: a rounding for each addition in a lane and in the tree. @param size The sum of sizes. */
export function columnSumBound(rows: number, size: number): number {
  return (rows / 8 + 4) * 2 ** -24 * size;
}

/**
 * Of a dot product by `group_dots`: a rounding for each product, for each addition in a component, and for two additions
 * of components.
 *
 * @param columns Columns of the group, at most those of the matrix. @param size The sum of sizes.
 */
export function groupDotBound(columns: number, size: number): number {
  return (columns / 4 + 4) * 2 ** -24 * size;
}

/**
 * Of the gradient of softmax: the row's sum has a rounding for each addition in a lane and in the tree, and one for each
 * product; the difference and the product with p have one each.
 */
export function softmaxGradientBounds(call: Parameters<typeof softmaxGradient>[0]): Float64Array<ArrayBuffer> {
  const { columns, p, dp } = call;
  const { out, sizes } = softmaxGradient(call);
  return out.map((value, i) => {
    const size = sizes[Math.floor(i / pitch(columns))] as number;
    const sum = (columns / 32 + 8) * 2 ** -24 * size;
    return Math.abs(p[i] as number) * (sum + 2 ** -24 * (Math.abs(dp[i] as number) + size)) +
      2 ** -24 * Math.abs(value);
  });
}

/** Of a weighted sum of up to three numbers: a rounding of each product, and two of the sums. */
export function weightedSumBound(parts: readonly (readonly [weight: number, value: number])[]): number {
  return 3 * 2 ** -24 * parts.reduce((sum, [weight, value]) => weight === 0 ? sum : sum + Math.abs(weight * value), 0);
}
