/** Rows put in place by index. */

import source from "../../../kernels/scatter_rows.wgsl" with { type: "text" };
import { defineKernel, foldedGrid, pitch } from "../kernel.ts";

/**
 * `out[index[r]] = x[r]`, bit for bit. Rows whose index is `NO_ROW` (gather_rows.ts) are left out, rows of `out` that
 * no index names stay as they are. The other indices must be rows of `out`, none twice.
 */
export const scatterRows = defineKernel({
  name: "scatter_rows",
  summary: "out[index[r]] = x[r]",
  source,
  bindings: { x: "read", index: "read", out: "read_write" },
  params: { rows: "u32", columns: "u32" },
  constants: {},
  constantSets: [{}],
  workgroupSize: () => [64, 1, 1],
  grid: ({ rows, columns }) => foldedGrid(Math.ceil(rows * pitch(columns) / 256)),
});
