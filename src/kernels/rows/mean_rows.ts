/** The mean of each segment of consecutive rows, as sentence embeddings are pooled. */

import source from "../../../kernels/mean_rows.wgsl" with { type: "text" };
import { defineKernel, foldedGrid, pitch } from "../kernel.ts";

/**
 * `out[s] = mean of x[starts[s] .. starts[s + 1] - 1]`, zeros for a segment without rows. `starts` has an element more
 * than there are segments, ascends, and ends at most at the rows of x.
 */
export const meanRows = defineKernel({
  name: "mean_rows",
  summary: "out[s] = mean(x[starts[s] .. starts[s + 1] - 1])",
  source,
  bindings: { x: "read", starts: "read", out: "write" },
  params: { segments: "u32", columns: "u32" },
  constants: {},
  constantSets: [{}],
  workgroupSize: () => [64, 1, 1],
  grid: ({ segments, columns }) => foldedGrid(Math.ceil(segments * pitch(columns) / 256)),
});
