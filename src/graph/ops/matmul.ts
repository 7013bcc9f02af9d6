/** Matrix products: the general form over views, and the linear layer. */

import { ACTIVATION_CODES, type ActivationName } from "../../kernels/rows/activation.ts";
import { pitch } from "../../kernels/kernel.ts";
import { matmul as kernel } from "../../kernels/products/matmul.ts";
import { matmulVariants } from "../../kernels/tuning/matmul_variants.ts";
import type { Graph, Output, Value } from "../graph.ts";
import { columnsOf, rowsOf, type Sizes } from "../shape.ts";

/** A matrix, or one per batch, inside a value; distances in elements, multiples of 4. */
export interface View {
  value: Value;
  offset?: number;
  /** Distance of rows. */
  stride: number;
  /** Distance of the matrices of neighbouring batches. */
  batch?: number;
  /** Whether the matrix is stored transposed. */
  transposed?: boolean;
}

/** What {@linkcode matmul} takes: `out[b] = activation(a[b] b[b] + bias[b] * scale) + residual[b]`. */
export interface MatmulCall {
  label: string;
  a: View;
  b: View;
  m: (sizes: Sizes) => number;
  n: number;
  k: number;
  /** Number of matrices; a number or by size. */
  batch?: (sizes: Sizes) => number;
  out: Output & { stride: number; batch?: number };
  bias?: { value: Value; offset?: number; batch?: number; scale?: Value };
  activation?: ActivationName;
  /** Laid out as the output. */
  residual?: Value;
}

/** Matrix product over views, with bias, activation and residual. */
export function matmul(g: Graph, call: MatmulCall): Value {
  const { label, a, b, bias, m, n, k, out, residual } = call;
  const fixed = {
    n,
    k,
    a_offset: a.offset ?? 0,
    a_stride: a.stride,
    a_batch: a.batch ?? 0,
    b_offset: b.offset ?? 0,
    b_stride: b.stride,
    b_batch: b.batch ?? 0,
    out_offset: 0,
    out_stride: out.stride,
    out_batch: out.batch ?? 0,
    bias_offset: bias?.offset ?? 0,
    bias_batch: bias?.batch ?? 0,
    bias: bias === undefined ? 0 : bias.scale === undefined ? 1 : 2,
    activation: ACTIVATION_CODES[call.activation ?? "none"],
    residual: residual === undefined ? 0 : 1,
  };
  const params = (sizes: Sizes) => ({ ...fixed, m: m(sizes), batch: call.batch?.(sizes) ?? 1 });
  const variants = matmulVariants(g.tuning, {
    transposeA: a.transposed,
    transposeB: b.transposed,
    weights: b.value.dtype,
  });
  return g.call(kernel, {
    label,
    inputs: {
      a: a.value,
      b: b.value,
      ...(bias && { bias: bias.value }),
      ...(bias?.scale && { bias_scale: bias.scale }),
      ...(residual && { residual }),
    },
    outputs: { out },
    params,
    variants,
  }).out;
}

/**
 * `activation(x W + bias) + residual` over the last dimension.
 *
 * @param x `[…, in]`.
 * @param weight `[in, out]`, or `[out, in]` with `transposed`.
 */
export function linear(
  g: Graph,
  { label, x, weight, bias, activation, residual, transposed = false }: {
    label: string;
    x: Value;
    weight: Value;
    bias?: Value;
    activation?: ActivationName;
    residual?: Value;
    transposed?: boolean;
  },
): Value {
  const k = columnsOf(x.shape);
  const n = transposed ? weight.shape[0] as number : columnsOf(weight.shape);
  return matmul(g, {
    label,
    a: { value: x, stride: pitch(k) },
    b: { value: weight, stride: pitch(columnsOf(weight.shape)), transposed },
    m: (sizes) => rowsOf(x.shape, sizes),
    n,
    k,
    out: { shape: [...x.shape.slice(0, -1), n], stride: pitch(n) },
    ...(bias && { bias: { value: bias } }),
    ...(activation && { activation }),
    ...(residual && { residual }),
  });
}
