/** Matrix multiplication with bias, activation and residual; the formula is at the head of `kernels/matmul.wgsl`. */

import activations from "../../kernels/lib/activations.wgsl" with { type: "text" };
import source from "../../kernels/matmul.wgsl" with { type: "text" };
import type { AdapterClass } from "../gpu/device.ts";
import { type Constants, defineKernel } from "./kernel.ts";

/** Columns of the tile that an invocation computes. */
const TILE_COLUMNS = 8;

/** Up to this many rows, tiles of that height beat those of eight rows. */
const FEW_ROWS = 4;

/** Workgroups of one SIMD vector on software adapters, so that few rows still make a workgroup for every core. */
const SOFTWARE_WORKGROUP = { WORKGROUP_X: 8, WORKGROUP_Y: 1 };
const GPU_WORKGROUP = { WORKGROUP_X: 8, WORKGROUP_Y: 8 };
const GPU_FEW_ROWS_WORKGROUP = { WORKGROUP_X: 32, WORKGROUP_Y: 1 };

/**
 * `out[b, m, n] = activation(sum over k of A[b, m, k] * B[b, k, n] + bias[b, n] * s[b, m]) + residual[b, m, n]`.
 *
 * - A is stored `[m, k]`, or `[k, m]` with `TRANSPOSE_A`; B is stored `[k, n]`, or `[n, k]` with `TRANSPOSE_B`. An
 *   operand's element offset, row stride and batch stride are multiples of 4; residual shares those of out.
 * - `bias`: 0 none, 1 with s = 1, 2 with `s[b, m] = bias_scale[m * batch + b]`; `activation`: a code of
 *   `ACTIVATION_CODES`; `residual`: 0 or 1. What a flag turns off is not read; bind any other buffer there.
 * - Columns that pad a width to a multiple of 4 must hold zero in the inputs and become zero in out.
 */
export const matmul = defineKernel({
  name: "matmul",
  summary: "out = activation(A * B + bias * s) + residual",
  source: source + activations,
  bindings: { a: "read", b: "read", bias: "read", bias_scale: "read", residual: "read", out: "read_write" },
  params: {
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
  },
  constants: { TRANSPOSE_A: 0, TRANSPOSE_B: 0, ROWS: 8, ...SOFTWARE_WORKGROUP },
  variants: [
    {},
    { ROWS: FEW_ROWS },
    { TRANSPOSE_B: 1 },
    { TRANSPOSE_B: 1, ROWS: FEW_ROWS },
    { TRANSPOSE_A: 1 },
    { TRANSPOSE_A: 1, TRANSPOSE_B: 1 },
    GPU_WORKGROUP,
    { ROWS: FEW_ROWS, ...GPU_FEW_ROWS_WORKGROUP },
    { TRANSPOSE_B: 1, ...GPU_WORKGROUP },
    { TRANSPOSE_B: 1, ROWS: FEW_ROWS, ...GPU_FEW_ROWS_WORKGROUP },
    { TRANSPOSE_A: 1, ...GPU_WORKGROUP },
    { TRANSPOSE_A: 1, TRANSPOSE_B: 1, ...GPU_WORKGROUP },
  ],
  workgroupSize: ({ WORKGROUP_X, WORKGROUP_Y }) => [WORKGROUP_X, WORKGROUP_Y, 1],
  grid: ({ m, n, batch }, { ROWS, WORKGROUP_X, WORKGROUP_Y }) => [
    Math.ceil(n / (TILE_COLUMNS * WORKGROUP_X)),
    Math.ceil(m / (ROWS * WORKGROUP_Y)),
    batch,
  ],
});

/**
 * The constants for a multiplication on an adapter: always one of the kernel's variants. Any variant with the right
 * transposes is right for any number of rows `m`; this chooses the fast one.
 */
export function matmulVariant({ transposeA = false, transposeB = false, m, adapterClass }: {
  transposeA?: boolean;
  transposeB?: boolean;
  m: number;
  adapterClass: AdapterClass;
}): Constants {
  // A is stored transposed only in training, where there are many rows: one variant less to compile.
  const few = m <= FEW_ROWS && !transposeA;
  const gpuWorkgroup = few ? GPU_FEW_ROWS_WORKGROUP : GPU_WORKGROUP;
  return matmul.constants({
    TRANSPOSE_A: Number(transposeA),
    TRANSPOSE_B: Number(transposeB),
    ROWS: few ? FEW_ROWS : 8,
    ...(adapterClass === "software" ? SOFTWARE_WORKGROUP : gpuWorkgroup),
  });
}
