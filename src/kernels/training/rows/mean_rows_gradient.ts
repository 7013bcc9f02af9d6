/** The gradient of the means of segments of rows. */

import source from "../../../../kernels/mean_rows_gradient.wgsl" with { type: "text" };
import { defineKernel, foldedGrid, pitch } from "../../kernel.ts";

/** `out[r] = dy[s] / rows of s` for the segment s that has row r, zeros if none has; `starts` as in `mean_rows`. */
export const meanRowsGradient = defineKernel({
  name: "mean_rows_gradient",
  summary: "out[r] = dy[s] / (starts[s + 1] - starts[s]), s the segment of row r",
  source,
  bindings: { dy: "read", starts: "read", out: "write" },
  params: { rows: "u32", segments: "u32", columns: "u32" },
  constants: {},
  constantSets: [{}],
  workgroupSize: () => [64, 1, 1],
  grid: ({ rows, columns }) => foldedGrid(Math.ceil(rows * pitch(columns) / 256)),
});
