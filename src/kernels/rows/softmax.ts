/** Softmax of rows. */

import rows from "../../../kernels/lib/rows.wgsl" with { type: "text" };
import exponentials from "../../../kernels/lib/exponentials.wgsl" with { type: "text" };
import source from "../../../kernels/softmax.wgsl" with { type: "text" };
import { defineKernel } from "../kernel.ts";
import { rowLanes, WIDE_ROWS } from "./row_reduction.ts";

/** `out = softmax(x)` over the columns of each row, for any finite x. */
export const softmax = defineKernel({
  name: "softmax",
  summary: "out = softmax(x) over the columns of each row",
  source: source + exponentials + rows,
  bindings: { x: "read", out: "write" },
  params: { rows: "u32", columns: "u32" },
  constants: { ...WIDE_ROWS },
  constantSets: [{}],
  ...rowLanes,
});
