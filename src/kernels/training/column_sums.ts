/** The sum of each column, as a bias gets its gradient. */

import source from "../../../kernels/column_sums.wgsl" with { type: "text" };
import { defineKernel, foldedGrid, pitch } from "../kernel.ts";

/** `out[c] = sum over r of x[r, c]`, zeros if there are no rows; always the same bits for the same x. */
export const columnSums = defineKernel({
  name: "column_sums",
  summary: "out[c] = sum over r of x[r, c]",
  source,
  bindings: { x: "read", out: "write" },
  params: { rows: "u32", columns: "u32" },
  constants: { COLUMNS: 8, LANES: 8 },
  constantSets: [{}],
  workgroupSize: ({ COLUMNS, LANES }) => [COLUMNS, LANES, 1],
  workgroupBytes: ({ COLUMNS, LANES }) => 16 * COLUMNS * LANES,
  grid: ({ columns }, { COLUMNS }) => foldedGrid(Math.ceil(pitch(columns) / 4 / COLUMNS)),
});
