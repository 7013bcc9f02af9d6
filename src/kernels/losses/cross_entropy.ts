/** Cross-entropy of rows of logits with one label each. */

import rows from "../../../kernels/lib/rows.wgsl" with { type: "text" };
import exponentials from "../../../kernels/lib/exponentials.wgsl" with { type: "text" };
import source from "../../../kernels/cross_entropy.wgsl" with { type: "text" };
import { defineKernel } from "../kernel.ts";
import { rowLanes, WIDE_ROWS } from "../rows/row_reduction.ts";

/** The label of a row without one: its loss is 0. */
export const NO_LABEL = 0xffffffff;

/**
 * `losses[r] = logsumexp(x[r]) - x[r, labels[r]]`, 0 if the label is {@linkcode NO_LABEL}; other labels must be
 * columns.
 */
export const crossEntropy = defineKernel({
  name: "cross_entropy",
  summary: "losses[r] = logsumexp(x[r]) - x[r, labels[r]]",
  source: source + exponentials + rows,
  bindings: { x: "read", labels: "read", losses: "write" },
  params: { rows: "u32", columns: "u32" },
  constants: { ...WIDE_ROWS },
  constantSets: [{}],
  ...rowLanes,
});
