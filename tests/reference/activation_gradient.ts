/** The slopes of the activation functions in float64, by the codes of src/kernels/rows/activation.ts. */

import { ACTIVATION_CODES } from "../../src/kernels/rows/activation.ts";
import { erf } from "./erf.ts";

/** `activation'(x)` for one number. */
export function slope(x: number, code: number): number {
  switch (code) {
    case ACTIVATION_CODES.gelu:
      return (1 + erf(x / Math.SQRT2)) / 2 + x * power(-x * x / 2) / Math.sqrt(2 * Math.PI);
    case ACTIVATION_CODES.gelu_new: {
      const root = Math.sqrt(2 / Math.PI);
      const t = Math.tanh(root * (x + 0.044715 * x ** 3));
      return (1 + t) / 2 + (t * t === 1 ? 0 : x * (1 - t * t) / 2 * root * (1 + 3 * 0.044715 * x * x));
    }
    case ACTIVATION_CODES.relu:
      return x > 0 ? 1 : 0;
    case ACTIVATION_CODES.silu: {
      const s = 1 / (1 + Math.exp(-x));
      return s + (s === 0 || s === 1 ? 0 : x * s * (1 - s));
    }
    case ACTIVATION_CODES.tanh:
      return 1 - Math.tanh(x) ** 2;
    case ACTIVATION_CODES.quick_gelu: {
      const s = 1 / (1 + Math.exp(-1.702 * x));
      return s + (s === 0 || s === 1 ? 0 : 1.702 * x * s * (1 - s));
    }
    case ACTIVATION_CODES.relu2:
      return 2 * Math.max(x, 0);
    case ACTIVATION_CODES.relu6:
      return x > 0 && x < 6 ? 1 : 0;
    case ACTIVATION_CODES.leaky_relu:
      return x > 0 ? 1 : 0.01;
    case ACTIVATION_CODES.mish: {
      if (x > 700) return 1;
      const s = Math.tanh(Math.log1p(Math.exp(x)));
      return s + (s === 0 || s === 1 ? 0 : x * (1 - s * s) / (1 + Math.exp(-x)));
    }
    case ACTIVATION_CODES.gelu_10:
      return x > 10 ? 0 : slope(x, ACTIVATION_CODES.gelu);
    case ACTIVATION_CODES.sigmoid: {
      const s = 1 / (1 + Math.exp(-x));
      return s * (1 - s);
    }
    case ACTIVATION_CODES.laplace:
      return power(-(((x - 0.707107) / 0.282095) ** 2) / 2) / (0.282095 * Math.sqrt(2 * Math.PI));
    default:
      return 1;
  }
}

/** `e^x`, also where its factor is huge: what is below 1e-300 is 0. */
function power(x: number): number {
  return x < -690 ? 0 : Math.exp(x);
}

/** `out = dy * activation'(x)`, elementwise. */
export function activationGradient(
  { x, dy, code }: { x: ArrayLike<number>; dy: ArrayLike<number>; code: number },
): Float64Array<ArrayBuffer> {
  return Float64Array.from(x, (value, i) => (dy[i] as number) * slope(value, code));
}
