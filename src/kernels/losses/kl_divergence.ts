/** The distance of the distributions of two rows of logits, at a temperature. */

import exponentials from "../../../kernels/lib/exponentials.wgsl" with { type: "text" };
import rows from "../../../kernels/lib/rows.wgsl" with { type: "text" };
import distributions from "../../../kernels/lib/distributions.wgsl" with { type: "text" };
import source from "../../../kernels/kl_divergence.wgsl" with { type: "text" };
import { defineKernel } from "../kernel.ts";
import { rowLanes, WIDE_ROWS } from "../rows/row_reduction.ts";

/** `losses[r] = T^2 * KL(softmax(y[r] / T) || softmax(x[r] / T))`. */
export const klDivergence = defineKernel({
  name: "kl_divergence",
  summary: "losses[r] = T^2 * KL(softmax(y[r] / T) || softmax(x[r] / T))",
  source: source + distributions + exponentials + rows,
  bindings: { x: "read", y: "read", losses: "write" },
  params: { rows: "u32", columns: "u32", temperature: "f32" },
  constants: { ...WIDE_ROWS },
  constantSets: [{}],
  ...rowLanes,
});
