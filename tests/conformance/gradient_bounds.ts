/** How far the gradients of rows and of losses in f32 may be from their float64 twins. */

import { pitch } from "../../src/kernels/kernel.ts";
import { POINTWISE_LOSSES } from "../../src/kernels/losses/pointwise_loss.ts";
import { weightOf } from "../reference/cross_entropy.ts";
import { crossEntropyGradient, type CrossEntropyGradientCall } from "../reference/cross_entropy_gradient.ts";
import { rowStatistics } from "../reference/layer_norm.ts";
import type { LayerNormGradientCall } from "../reference/layer_norm_gradient.ts";
import { pointSlope, type PointwiseLossGradientCall } from "../reference/pointwise_loss_gradient.ts";
import { SOFTMAX_BOUND } from "./bounds.ts";

/** The least normal f32, and some: what is below may become 0. */
const SMALLEST = 2 ** -124;

/**
 * Of the gradient of an activation: that of the slope, and two roundings of slopes above 1.
 *
 * @param dy The gradient by its result.
 */
export function activationGradientBound(dy: number, expected: number): number {
  return 1e-6 * Math.abs(dy) + (Math.abs(expected) > 2 * Math.abs(dy) ? 2 * 2 ** -24 * Math.abs(expected) : 0);
}

/** Of the sum of a word, a position and a type: two roundings. @param size The sum of sizes. */
export function embeddingSumBound(size: number): number {
  return 2 * 2 ** -24 * size;
}

/** Of the sum of `rows` rows: a rounding for each addition in a lane and in the tree. @param size The sum of sizes. */
export function segmentSumBound({ rows, lanes }: { rows: number; lanes: number }, size: number): number {
  return (Math.ceil(rows / lanes) + Math.log2(lanes)) * 2 ** -24 * size;
}

/** Of a quotient: WGSL's division is off by 2.5 units in the last place at most. */
export function quotientBound(value: number): number {
  return 3 * 2 ** -23 * Math.abs(value);
}

/**
 * Of the gradient of cross-entropy: that of softmax, by the gradient of the loss. Rows that are nearly right, whose
 * gradients are small, must have theirs to 1e-5 of the row's largest.
 *
 * What smoothing adds has four roundings, a quotient by the columns that may be off by 2.5 units, and that of the sum.
 */
export function crossEntropyGradientBounds(
  call: CrossEntropyGradientCall,
  values: Float64Array,
): Float64Array<ArrayBuffer> {
  const { columns, labels, smoothing = 0, dlosses } = call;
  const stride = pitch(columns);
  const bounds = new Float64Array(values.length);
  const plain = smoothing === 0 ? values : crossEntropyGradient({ ...call, smoothing: 0 });
  for (let at = 0; at < values.length; at += stride) {
    const row = at / stride;
    const size = Math.abs(weightOf(call, row) * (dlosses[row] as number));
    const largest = plain.subarray(at, at + stride).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    bounds.fill(Math.min(SOFTMAX_BOUND * size, 1e-5 * largest) + SMALLEST * size, at, at + stride);
    if (smoothing === 0) continue;
    for (let c = 0; c < columns; c++) {
      const quotient = smoothing / columns;
      const added = c === labels[row] ? smoothing - quotient : quotient;
      const rounded = Math.abs(values[at + c] as number);
      bounds[at + c] = (bounds[at + c] as number) + 2 ** -24 * (size * (4 * added + 5 * quotient) + rounded);
    }
  }
  return bounds;
}

/**
 * Of the gradients of pointwise losses: roundings of the difference and of the products; for binary cross-entropy that
 * of 1 - y, and the error of the exponential, which grows with its argument.
 */
export function pointwiseLossGradientBounds(call: PointwiseLossGradientCall): Float64Array<ArrayBuffer> {
  const { rows, columns, x, y, dlosses, kind } = call;
  const stride = pitch(columns);
  const bounds = new Float64Array(rows * stride);
  for (let r = 0; r < rows; r++) {
    if (dlosses[r] === 0) continue; // zeros
    for (let at = r * stride; at < r * stride + columns; at++) {
      const [value, target] = [x[at] as number, y[at] as number];
      const sized = Math.abs(value);
      const tail = 1 / (1 + Math.exp(sized));
      const terms = kind === POINTWISE_LOSSES.squared_error
        ? 0
        : 2 ** -24 * Math.abs(1 - target) + (6 + 2 * Math.min(sized, 100)) * 2 ** -23 * tail + SMALLEST;
      const rounded = 2 * 2 ** -23 * Math.abs(pointSlope(value, target, kind));
      bounds[at] = Math.abs(dlosses[r] as number) * (terms + rounded);
    }
  }
  return bounds;
}

/**
 * Of the gradient of LayerNorm. A normalized value inherits the rounding of the row's values, in units of the deviation,
 * as in LayerNorm itself, and so does the deviation; the two sums over the row have a rounding for each addition in a
 * lane and in the tree.
 *
 * @param addends If v is a sum: the sums of sizes.
 */
export function layerNormGradientBounds(
  call: LayerNormGradientCall,
  addends?: Float64Array,
): { out: Float64Array<ArrayBuffer>; products: Float64Array<ArrayBuffer> } {
  const { rows, columns, weight, dy } = call;
  const stride = pitch(columns);
  const [out, products] = [new Float64Array(rows * stride), new Float64Array(rows * stride)];
  const unit = 2 ** -23;
  const additions = (columns / 32 + 8) * unit / 2;
  for (let r = 0; r < rows; r++) {
    const { v, mean, deviation } = rowStatistics(call, r);
    let rounded = 0;
    for (let c = 0; c < columns; c++) {
      const added = addends?.[r * stride + c] ?? 0;
      rounded = Math.max(rounded, added + Math.abs((v[c] as number) - (v[0] as number)));
    }
    const given = v.map((_, c) => Math.abs((dy[r * stride + c] as number) * (weight[c] as number)));
    const normal = v.map((value) => Math.abs(value - mean) / deviation);
    const error = normal.map((n) => 2 * unit * (n + rounded / deviation));
    const average = (of: (c: number) => number) => given.reduce((sum, g, c) => sum + g * of(c), 0) / columns;
    const [size, slope, slopeError] = [average(() => 1), average((c) => normal[c]!), average((c) => error[c]!)];
    const scaled = 2 * unit * (1 + rounded / deviation);
    for (let c = 0; c < columns; c++) {
      const [g, n, e] = [given[c]!, normal[c]!, error[c]!];
      const sums = additions * (size + n * slope) + n * slopeError + e * slope;
      out[r * stride + c] = (2 * unit * (g + size + n * slope) + sums + scaled * (g + size + n * slope)) / deviation;
      products[r * stride + c] = Math.abs(dy[r * stride + c] as number) * (e + unit * n);
    }
  }
  return { out, products };
}
