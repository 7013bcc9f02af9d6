/** The gradient of softmax. */

import rows from "../../../kernels/lib/rows.wgsl" with { type: "text" };
import source from "../../../kernels/softmax_gradient.wgsl" with { type: "text" };
import { defineKernel } from "../kernel.ts";
import { rowLanes, WIDE_ROWS } from "../rows/row_reduction.ts";

/** `out = p * (dp - sum(p * dp))` over the columns of each row, for rows p of a softmax. */
export const softmaxGradient = defineKernel({
  name: "softmax_gradient",
  summary: "out = p * (dp - sum(p * dp)) over the columns of each row",
  source: source + rows,
  bindings: { p: "read", dp: "read", out: "write" },
  params: { rows: "u32", columns: "u32" },
  constants: { ...WIDE_ROWS },
  constantSets: [{}],
  ...rowLanes,
});
