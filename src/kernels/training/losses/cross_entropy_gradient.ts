/** The gradient of cross-entropy. */

import rows from "../../../../kernels/lib/rows.wgsl" with { type: "text" };
import exponentials from "../../../../kernels/lib/exponentials.wgsl" with { type: "text" };
import source from "../../../../kernels/cross_entropy_gradient.wgsl" with { type: "text" };
import { defineKernel } from "../../kernel.ts";
import { rowLanes, WIDE_ROWS } from "../../rows/row_reduction.ts";

/** `out[r] = (softmax(x[r]) - onehot(labels[r])) * dlosses[r]`, zeros if the label is `NO_LABEL`. */
export const crossEntropyGradient = defineKernel({
  name: "cross_entropy_gradient",
  summary: "out[r] = (softmax(x[r]) - onehot(labels[r])) * dlosses[r]",
  source: source + exponentials + rows,
  bindings: { x: "read", labels: "read", dlosses: "read", out: "write" },
  params: { rows: "u32", columns: "u32" },
  constants: { ...WIDE_ROWS },
  constantSets: [{}],
  ...rowLanes,
});
