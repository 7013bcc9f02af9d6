/** Matrix multiplication of few rows for GPUs, whose sums are split: see `kernels/matmul_split.wgsl`. */

import source from "../../../kernels/matmul_split.wgsl" with { type: "text" };
import { defineWeightKernel } from "../kernel.ts";
import { MATMUL_BINDINGS, MATMUL_BUFFERS, MATMUL_EPILOGUE, MATMUL_PARAMS, MATMUL_WORK } from "./matmul_contract.ts";

/** Stripes of 32 columns, each read once for up to 8 rows; and of 16, which make twice as many workgroups. */
const STRIPES = [{}, { ROWS: 8, SPLITS: 16 }, { COLUMNS: 4 }];

/** The product of `matmul_contract.ts` for few rows, A not transposed. */
export const matmulSplit = defineWeightKernel({
  name: "matmul_split",
  summary: "out = activation(A * B + bias * s) + residual, for few rows on GPUs",
  source: source + MATMUL_BUFFERS + MATMUL_EPILOGUE,
  bindings: MATMUL_BINDINGS,
  params: MATMUL_PARAMS,
  work: MATMUL_WORK,
  constants: { TRANSPOSE_B: 0, ROWS: 4, COLUMNS: 8, SPLITS: 32 },
  constantSets: [...STRIPES, ...STRIPES.map((stripe) => ({ ...stripe, TRANSPOSE_B: 1 }))],
  workgroupSize: ({ ROWS, COLUMNS, SPLITS }) => {
    if (![4, 8].includes(ROWS) || SPLITS < ROWS || !Number.isInteger(Math.log2(SPLITS))) {
      throw new RangeError(
        `Cannot run kernel matmul_split: ROWS must be 4 or 8 and SPLITS a power of two from ROWS on, ` +
          `got ROWS=${ROWS}, SPLITS=${SPLITS}; use one of its variants`,
      );
    }
    return [COLUMNS * SPLITS, 1, 1];
  },
  workgroupBytes: ({ ROWS, COLUMNS, SPLITS }) => SPLITS * ROWS * COLUMNS * 4 * Float32Array.BYTES_PER_ELEMENT,
  grid: ({ m, n, batch }, { ROWS, COLUMNS }) => [Math.ceil(n / (4 * COLUMNS)), Math.ceil(m / ROWS), batch],
});
