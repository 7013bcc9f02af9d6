/** Cross-entropy of rows of logits with one label each, which may be smoothed and weighted. */

import rows from "../../../kernels/lib/rows.wgsl" with { type: "text" };
import labels from "../../../kernels/lib/labels.wgsl" with { type: "text" };
import exponentials from "../../../kernels/lib/exponentials.wgsl" with { type: "text" };
import source from "../../../kernels/cross_entropy.wgsl" with { type: "text" };
import { defineKernel } from "../kernel.ts";
import { rowLanes, WIDE_ROWS } from "../rows/row_reduction.ts";

/** The label of a row without one: its loss is 0. */
export const NO_LABEL = 0xffffffff;

/**
 * `losses[r] = weights[r] * (logsumexp(x[r]) - (1 - s) x[r, labels[r]] - s mean(x[r]))` with s = `smoothing`, 0 if the
 * label is {@linkcode NO_LABEL} or the weight 0; other labels must be columns. `weighted` is 1 or 0 in the parameters and
 * says whether there are weights.
 */
export const crossEntropy = defineKernel({
  name: "cross_entropy",
  summary: "losses[r] = weights[r] * (logsumexp(x[r]) - (1 - s) * x[r, labels[r]] - s * mean(x[r]))",
  source: source + labels + exponentials + rows,
  bindings: { x: "read", labels: "read", weights: "read", losses: "write" },
  params: { rows: "u32", columns: "u32", smoothing: "f32", weighted: "u32" },
  constants: { ...WIDE_ROWS },
  constantSets: [{}],
  ...rowLanes,
});
