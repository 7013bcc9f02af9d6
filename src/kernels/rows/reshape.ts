/** Rows of one width as rows of another; see `kernels/reshape.wgsl`. */

import source from "../../../kernels/reshape.wgsl" with { type: "text" };
import { defineKernel, foldedGrid, pitch } from "../kernel.ts";

/** Reads `[*, from_columns]` and writes the same elements as `[rows, columns]`, bit-exact. */
export const reshape = defineKernel({
  name: "reshape",
  summary: "out[r, c] = x[e / from_columns, e % from_columns], e = r * columns + c",
  source,
  bindings: { x: "read", out: "write" },
  params: { rows: "u32", columns: "u32", from_columns: "u32" },
  constants: {},
  constantSets: [{}],
  workgroupSize: () => [64, 1, 1],
  grid: ({ rows, columns }) => foldedGrid(Math.ceil(rows * pitch(columns) / 64)),
});
