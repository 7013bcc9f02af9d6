/** Segments of rows, each pooled in its own way, as sentence-transformers pools the states of tokens. */

import source from "../../../kernels/pool_rows.wgsl" with { type: "text" };
import { defineKernel, foldedGrid, pitch } from "../kernel.ts";

/** The code of each way to pool. */
export const POOL_CODES = { mean: 0, mean_sqrt_len_tokens: 1, weightedmean: 2, max: 3 } as const;

/**
 * `out[s]` is the mean, the sum by the square root of the number of rows, the mean weighted by `from + 1, from + 2, …`, or
 * the largest of the rows of segment s, zeros if it has none. `table` holds the segments' first row, end, code and `from`;
 * its rows must be in x.
 */
export const poolRows = defineKernel({
  name: "pool_rows",
  summary: "out[s] = pool(x[start .. end - 1]) by the code of segment s",
  source,
  bindings: { x: "read", table: "read", out: "write" },
  params: { segments: "u32", columns: "u32" },
  constants: {},
  constantSets: [{}],
  workgroupSize: () => [64, 1, 1],
  grid: ({ segments, columns }) => foldedGrid(Math.ceil(segments * pitch(columns) / 256)),
});
