/** Losses that compare each output with its target: squared error, binary cross-entropy. */

import rows from "../../../kernels/lib/rows.wgsl" with { type: "text" };
import exponentials from "../../../kernels/lib/exponentials.wgsl" with { type: "text" };
import source from "../../../kernels/pointwise_loss.wgsl" with { type: "text" };
import { defineKernel } from "../kernel.ts";
import { NARROW_ROWS, rowLanes } from "../rows/row_reduction.ts";

/** Values of the constant `KIND`. */
export const POINTWISE_LOSSES = { squared_error: 0, binary_cross_entropy: 1 } as const;

/**
 * `losses[r]` = the sum over the columns of row r of (x - y)², or of the binary cross-entropy of the logits x with y.
 */
export const pointwiseLoss = defineKernel({
  name: "pointwise_loss",
  summary: "losses[r] = sum over columns of (x - y)^2, or of binary cross-entropy with logits",
  source: source + exponentials + rows,
  bindings: { x: "read", y: "read", losses: "write" },
  params: { rows: "u32", columns: "u32" },
  constants: { ...NARROW_ROWS, KIND: 0 },
  constantSets: [{ KIND: POINTWISE_LOSSES.squared_error }, { KIND: POINTWISE_LOSSES.binary_cross_entropy }],
  ...rowLanes,
});
