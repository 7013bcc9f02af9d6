/** The gradient of cross-entropy. */

import rows from "../../../../kernels/lib/rows.wgsl" with { type: "text" };
import labels from "../../../../kernels/lib/labels.wgsl" with { type: "text" };
import exponentials from "../../../../kernels/lib/exponentials.wgsl" with { type: "text" };
import source from "../../../../kernels/cross_entropy_gradient.wgsl" with { type: "text" };
import { defineKernel } from "../../kernel.ts";
import { rowLanes, WIDE_ROWS } from "../../rows/row_reduction.ts";

/**
 * `out[r] = weights[r] * dlosses[r] * (softmax(x[r]) - (1 - s) onehot(labels[r]) - s / columns)` with s = `smoothing`, zeros
 * if the label is `NO_LABEL` or the weight 0. `weighted` is 1 or 0 in the parameters and says whether there are weights.
 */
export const crossEntropyGradient = defineKernel({
  name: "cross_entropy_gradient",
  summary: "out[r] = weights[r] * dlosses[r] * (softmax(x[r]) - (1 - s) * onehot(labels[r]) - s / columns)",
  source: source + labels + exponentials + rows,
  bindings: { x: "read", labels: "read", weights: "read", dlosses: "read", out: "write" },
  params: { rows: "u32", columns: "u32", smoothing: "f32", weighted: "u32" },
  constants: { ...WIDE_ROWS },
  constantSets: [{}],
  ...rowLanes,
});
