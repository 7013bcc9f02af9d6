/** The functions of a model in float64, for one number or one row. */

import { ACTIVATION_CODES, type ActivationName } from "../../kernels/rows/activation.ts";

/** The error function, to about 1e-13: a power series near zero, a continued fraction for its complement beyond. */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (a > 6) return Math.sign(x);
  if (a > 3) {
    let fraction = 0;
    for (let k = 60; k > 0; k--) fraction = (k / 2) / (a + fraction);
    return Math.sign(x) * (1 - Math.exp(-a * a) / (Math.sqrt(Math.PI) * (a + fraction)));
  }
  let [sum, term] = [0, x];
  for (let k = 0; k < 60 && Math.abs(term) > 1e-18 * Math.abs(sum); k++) {
    sum += term / (2 * k + 1);
    term *= -x * x / (k + 1);
  }
  return sum * 2 / Math.sqrt(Math.PI);
}

const gelu = (x: number) => x * (1 + erf(x / Math.SQRT2)) / 2;

const FUNCTIONS: Readonly<Record<number, (x: number) => number>> = {
  [ACTIVATION_CODES.gelu]: gelu,
  [ACTIVATION_CODES.gelu_new]: (x) => x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))) / 2,
  [ACTIVATION_CODES.relu]: (x) => Math.max(x, 0),
  [ACTIVATION_CODES.silu]: (x) => x / (1 + Math.exp(-x)),
  [ACTIVATION_CODES.tanh]: Math.tanh,
  [ACTIVATION_CODES.quick_gelu]: (x) => x / (1 + Math.exp(-1.702 * x)),
  [ACTIVATION_CODES.relu2]: (x) => Math.max(x, 0) ** 2,
  [ACTIVATION_CODES.relu6]: (x) => Math.min(Math.max(x, 0), 6),
  [ACTIVATION_CODES.leaky_relu]: (x) => x < 0 ? 0.01 * x : x,
  [ACTIVATION_CODES.mish]: (x) => x * Math.tanh(Math.log1p(Math.exp(x))),
  [ACTIVATION_CODES.gelu_10]: (x) => Math.min(gelu(x), 10),
  [ACTIVATION_CODES.sigmoid]: (x) => 1 / (1 + Math.exp(-x)),
  [ACTIVATION_CODES.laplace]: (x) => (1 + erf((x - 0.707107) / (0.282095 * Math.SQRT2))) / 2,
};

/** The function of an activation's name. */
export function activationOf(name: ActivationName): (x: number) => number {
  return FUNCTIONS[ACTIVATION_CODES[name]] ?? ((x) => x);
}

/** Replaces numbers by their softmax. */
export function softmax(x: Float64Array): void {
  const peak = x.reduce((most, value) => Math.max(most, value), -Infinity);
  let total = 0;
  for (let i = 0; i < x.length; i++) total += x[i] = Math.exp(x[i]! - peak);
  for (let i = 0; i < x.length; i++) x[i]! /= total;
}

/** Replaces a row by its LayerNorm: `(x - mean) / sqrt(variance + eps) * weight + bias`. */
export function layerNorm(
  x: Float64Array,
  { weight, bias, eps }: { weight: ArrayLike<number>; bias: ArrayLike<number>; eps: number },
): void {
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
  const scale = 1 / Math.sqrt(variance + eps);
  for (let c = 0; c < x.length; c++) x[c] = (x[c]! - mean) * scale * weight[c]! + bias[c]!;
}
