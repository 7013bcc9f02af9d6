/** The mean of a vector, as losses are averaged. */

import rows from "../../../kernels/lib/rows.wgsl" with { type: "text" };
import source from "../../../kernels/reduce_sum.wgsl" with { type: "text" };
import { defineKernel } from "../kernel.ts";
import { rowLanes, WIDE_ROWS } from "../rows/row_reduction.ts";

/** `out[0] = sum(x[0 .. count - 1]) / divisor`, 0 if the divisor is 0; always the same bits for the same x. */
export const reduceSum = defineKernel({
  name: "reduce_sum",
  summary: "out[0] = sum(x) / divisor",
  source: source + rows,
  bindings: { x: "read", out: "write" },
  params: { count: "u32", divisor: "u32" },
  constants: { ...WIDE_ROWS },
  constantSets: [{}],
  ...rowLanes,
  grid: () => [1, 1, 1],
});
