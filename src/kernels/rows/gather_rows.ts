/** Rows picked by index. */

import source from "../../../kernels/gather_rows.wgsl" with { type: "text" };
import { defineKernel, foldedGrid, pitch } from "../kernel.ts";

/** The index of no row: gathering makes a row of zeros. */
export const NO_ROW = 0xffffffff;

/**
 * `out[r] = x[index[r]]`, bit for bit, zeros if the index is {@linkcode NO_ROW}; other indices must be rows of x.
 */
export const gatherRows = defineKernel({
  name: "gather_rows",
  summary: "out[r] = x[index[r]]",
  source,
  bindings: { x: "read", index: "read", out: "write" },
  params: { rows: "u32", columns: "u32" },
  work: { touched: ({ rows, columns }) => ({ x: rows * columns }) },
  constants: {},
  constantSets: [{}],
  workgroupSize: () => [64, 1, 1],
  grid: ({ rows, columns }) => foldedGrid(Math.ceil(rows * pitch(columns) / 256)),
});
