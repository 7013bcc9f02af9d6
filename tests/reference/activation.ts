/** The activation functions in float64, by the codes of src/kernels/rows/activation.ts. */

import { ACTIVATION_CODES } from "../../src/kernels/rows/activation.ts";
import { erf } from "./erf.ts";

/** `activation(x)` for one number. */
export function activate(x: number, code: number): number {
  switch (code) {
    case ACTIVATION_CODES.gelu:
      return x * (1 + erf(x / Math.SQRT2)) / 2;
    case ACTIVATION_CODES.gelu_new:
      return x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))) / 2;
    case ACTIVATION_CODES.relu:
      return Math.max(x, 0);
    case ACTIVATION_CODES.silu:
      return x / (1 + Math.exp(-x));
    case ACTIVATION_CODES.tanh:
      return Math.tanh(x);
    case ACTIVATION_CODES.quick_gelu:
      return x / (1 + Math.exp(-1.702 * x));
    case ACTIVATION_CODES.relu2:
      return Math.max(x, 0) ** 2;
    case ACTIVATION_CODES.relu6:
      return Math.min(Math.max(x, 0), 6);
    case ACTIVATION_CODES.leaky_relu:
      return x < 0 ? 0.01 * x : x;
    case ACTIVATION_CODES.mish:
      return x > 700 ? x : x * Math.tanh(Math.log1p(Math.exp(x)));
    case ACTIVATION_CODES.gelu_10:
      return Math.min(x * (1 + erf(x / Math.SQRT2)) / 2, 10);
    case ACTIVATION_CODES.sigmoid:
      return 1 / (1 + Math.exp(-x));
    case ACTIVATION_CODES.laplace:
      return (1 + erf((x - 0.707107) / (0.282095 * Math.SQRT2))) / 2;
    default:
      return x;
  }
}

/** `out = activation(x)`, elementwise. */
export function activation(x: ArrayLike<number>, code: number): Float64Array {
  return Float64Array.from(x, (value) => activate(value, code));
}
