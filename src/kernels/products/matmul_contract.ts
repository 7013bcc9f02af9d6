/**
 * What the matmul kernels share, so that any of them may run a product: shader text after their own, buffers and sizes.
 *
 * `out[b, m, n] = activation(sum over k of A[b, m, k] * B[b, k, n] + bias[b, n] * s[b, m]) + residual[b, m, n]`.
 *
 * - A is stored `[m, k]`, or `[k, m]` with `TRANSPOSE_A`; B is stored `[k, n]`, or `[n, k]` with `TRANSPOSE_B`. An
 *   operand's element offset, row stride and batch stride are multiples of 4; residual shares those of out.
 * - `bias`: 0 none, 1 with s = 1, 2 with `s[b, m] = bias_scale[m * batch + b]`; `activation`: a code of
 *   `ACTIVATION_CODES`; `residual`: 0 or 1. What a flag turns off is not read; bind any other buffer there.
 * - Columns that pad a width to a multiple of 4 must hold zero in the inputs and become zero in out.
 */

import activations from "../../../kernels/lib/activations.wgsl" with { type: "text" };
import buffers from "../../../kernels/lib/matmul_buffers.wgsl" with { type: "text" };
import epilogue from "../../../kernels/lib/matmul_epilogue.wgsl" with { type: "text" };
import registers from "../../../kernels/lib/matmul_registers.wgsl" with { type: "text" };

import type { KernelEffort } from "../kernel.ts";

/** Text after the own text of every matmul kernel: sizes, buffers but A and B, and what follows the sum. */
export const MATMUL_EPILOGUE = epilogue + activations;
/** Text of the kernels that read A and B from buffers. */
export const MATMUL_BUFFERS = buffers;
/** Text of the kernels whose tiles are in registers. */
export const MATMUL_REGISTERS = registers;

/** Storage buffers of every matmul kernel. */
export const MATMUL_BINDINGS = {
  a: "read",
  b: "read",
  bias: "read",
  bias_scale: "read",
  residual: "read",
  out: "write",
} as const;

/** Sizes of every matmul kernel. */
export const MATMUL_PARAMS = {
  m: "u32",
  n: "u32",
  k: "u32",
  batch: "u32",
  a_offset: "u32",
  a_stride: "u32",
  a_batch: "u32",
  b_offset: "u32",
  b_stride: "u32",
  b_batch: "u32",
  out_offset: "u32",
  out_stride: "u32",
  out_batch: "u32",
  bias_offset: "u32",
  bias_batch: "u32",
  bias: "u32",
  activation: "u32",
  residual: "u32",
} as const;

/** How much work every matmul kernel is. */
export const MATMUL_WORK: KernelEffort<keyof typeof MATMUL_PARAMS, keyof typeof MATMUL_BINDINGS> = {
  operations: ({ m, n, k, batch }) => 2 * m * n * k * batch,
  touched: ({ m, n, k, batch }) => ({ a: m * k * batch, b: k * n * batch, out: m * n * batch }),
};
