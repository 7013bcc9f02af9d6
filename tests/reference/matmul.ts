/** Matrix multiplication in float64, one output at a time; the formula is that of kernels/matmul.wgsl. */

import type { Params } from "../../src/kernels/kernel.ts";
import type { matmul } from "../../src/kernels/products/matmul.ts";
import { activate } from "./activation.ts";

/** A call of the kernel: its sizes, and the contents of its buffers where a flag turns them on. */
export interface MatmulCall {
  params: Params<keyof typeof matmul.params>;
  transposeA: boolean;
  transposeB: boolean;
  a: ArrayLike<number>;
  b: ArrayLike<number>;
  bias: ArrayLike<number>;
  bias_scale: ArrayLike<number>;
  residual: ArrayLike<number>;
}

/** An output, with what its error bound is made of: the sum of the absolute values of products, bias and residual. */
export interface MatmulOutput {
  value: number;
  magnitude: number;
}

/** The output [batch, m, n]; zero where `n` is a padding column. */
export function matmulAt(call: MatmulCall, batch: number, m: number, n: number): MatmulOutput {
  const { params: p, transposeA, transposeB } = call;
  if (n >= p.n) return { value: 0, magnitude: 0 };
  const aStart = p.a_offset + batch * p.a_batch;
  const bStart = p.b_offset + batch * p.b_batch;
  let sum = 0;
  let magnitude = 0;
  for (let k = 0; k < p.k; k++) {
    const a = call.a[aStart + (transposeA ? k * p.a_stride + m : m * p.a_stride + k)] as number;
    const b = call.b[bStart + (transposeB ? n * p.b_stride + k : k * p.b_stride + n)] as number;
    sum += a * b;
    magnitude += Math.abs(a * b);
  }
  if (p.bias > 0) {
    const scale = p.bias === 2 ? call.bias_scale[m * p.batch + batch] as number : 1;
    const bias = scale * (call.bias[p.bias_offset + batch * p.bias_batch + n] as number);
    sum += bias;
    magnitude += Math.abs(bias);
  }
  const residual = p.residual === 1 ? call.residual[outIndex(p, batch, m, n)] as number : 0;
  return { value: activate(sum, p.activation) + residual, magnitude: magnitude + Math.abs(residual) };
}

/** Where the output [batch, m, n] lies in out, and in residual. */
export function outIndex(p: MatmulCall["params"], batch: number, m: number, n: number): number {
  return p.out_offset + batch * p.out_batch + m * p.out_stride + n;
}
