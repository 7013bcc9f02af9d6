/** Dropout of attention probabilities, with masks that are computed again wherever they are needed. */

import philox from "../../../../kernels/lib/philox.wgsl" with { type: "text" };
import rows from "../../../../kernels/lib/rows.wgsl" with { type: "text" };
import source from "../../../../kernels/attention_dropout.wgsl" with { type: "text" };
import { defineKernel } from "../../kernel.ts";
import { NARROW_ROWS, rowLanes } from "../../rows/row_reduction.ts";

/**
 * `dropped[r, j] = p[r, j] * scale` where word `i % 2` of `philox(seed, stream, i / 2)`, `i = r * columns + j`, is
 * `threshold` or more, else 0; and the sum of each row of `dropped`. Rows are heads of query rows, `columns` is a multiple
 * of 4. The masks are those of `dropout`.
 */
export const attentionDropout = defineKernel({
  name: "attention_dropout",
  summary: "dropped = p * scale where philox(seed, stream, index) >= threshold, else 0; sums[r] = sum_j dropped[r, j]",
  source: philox + source + rows,
  bindings: { p: "read", dropped: "write", sums: "write" },
  params: { rows: "u32", columns: "u32", seed: "u32", stream: "u32", threshold: "u32", scale: "f32" },
  constants: { ...NARROW_ROWS },
  constantSets: [{}],
  ...rowLanes,
});
