/** Matrix multiplication with bias, activation and residual, by tiles in registers: see `kernels/matmul.wgsl`. */

import source from "../../../kernels/matmul.wgsl" with { type: "text" };
import { defineWeightKernel } from "../kernel.ts";
import {
  MATMUL_BINDINGS,
  MATMUL_BUFFERS,
  MATMUL_EPILOGUE,
  MATMUL_PARAMS,
  MATMUL_REGISTERS,
  MATMUL_WORK,
} from "./matmul_contract.ts";

/** Columns of the tile that an invocation computes. */
const TILE_COLUMNS = 8;

/** Rows of a tile for few rows; the other tiles have eight. */
const FEW = { ROWS: 4 };

/** Workgroups of a size that suits GPUs; the default, one SIMD vector, is for software adapters. */
const SQUARE = { WORKGROUP_X: 8, WORKGROUP_Y: 8 };
const WIDE = { WORKGROUP_X: 32, WORKGROUP_Y: 1 };

/** The product of `matmul_contract.ts` with tiles in registers: for software adapters and little workgroup memory. */
export const matmul = defineWeightKernel({
  name: "matmul",
  summary: "out = activation(A * B + bias * s) + residual",
  source: source + MATMUL_BUFFERS + MATMUL_REGISTERS + MATMUL_EPILOGUE,
  bindings: MATMUL_BINDINGS,
  params: MATMUL_PARAMS,
  work: MATMUL_WORK,
  constants: { TRANSPOSE_A: 0, TRANSPOSE_B: 0, ROWS: 8, WORKGROUP_X: 8, WORKGROUP_Y: 1 },
  constantSets: [
    {},
    FEW,
    { TRANSPOSE_B: 1 },
    { TRANSPOSE_B: 1, ...FEW },
    { TRANSPOSE_A: 1 },
    { TRANSPOSE_A: 1, TRANSPOSE_B: 1 },
    SQUARE,
    { ...FEW, ...WIDE },
    { TRANSPOSE_B: 1, ...SQUARE },
    { TRANSPOSE_B: 1, ...FEW, ...WIDE },
    { TRANSPOSE_A: 1, ...SQUARE },
    { TRANSPOSE_A: 1, TRANSPOSE_B: 1, ...SQUARE },
  ],
  workgroupSize: ({ WORKGROUP_X, WORKGROUP_Y }) => [WORKGROUP_X, WORKGROUP_Y, 1],
  grid: ({ m, n, batch }, { ROWS, WORKGROUP_X, WORKGROUP_Y }) => [
    Math.ceil(n / (TILE_COLUMNS * WORKGROUP_X)),
    Math.ceil(m / (ROWS * WORKGROUP_Y)),
    batch,
  ],
});
