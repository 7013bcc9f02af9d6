/** The gradient of the distance of the distributions of two rows of logits. */

import exponentials from "../../../../kernels/lib/exponentials.wgsl" with { type: "text" };
import rows from "../../../../kernels/lib/rows.wgsl" with { type: "text" };
import distributions from "../../../../kernels/lib/distributions.wgsl" with { type: "text" };
import source from "../../../../kernels/kl_divergence_gradient.wgsl" with { type: "text" };
import { defineKernel } from "../../kernel.ts";
import { rowLanes, WIDE_ROWS } from "../../rows/row_reduction.ts";

/** `out[r] = dlosses[r] * T * (softmax(x[r] / T) - softmax(y[r] / T))`. */
export const klDivergenceGradient = defineKernel({
  name: "kl_divergence_gradient",
  summary: "out[r] = dlosses[r] * T * (softmax(x[r] / T) - softmax(y[r] / T))",
  source: source + distributions + exponentials + rows,
  bindings: { x: "read", y: "read", dlosses: "read", out: "write" },
  params: { rows: "u32", columns: "u32", temperature: "f32" },
  constants: { ...WIDE_ROWS },
  constantSets: [{}],
  ...rowLanes,
});
