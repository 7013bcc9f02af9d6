/** The gradients of losses that compare each output with its target. */

import source from "../../../../kernels/pointwise_loss_gradient.wgsl" with { type: "text" };
import { defineKernel, foldedGrid, pitch } from "../../kernel.ts";
import { POINTWISE_LOSSES } from "../../losses/pointwise_loss.ts";

/** `out[r, c]` = `dlosses[r]` times the slope by x of the squared error, or of the binary cross-entropy. */
export const pointwiseLossGradient = defineKernel({
  name: "pointwise_loss_gradient",
  summary: "out[r, c] = dlosses[r] * 2 (x - y), or dlosses[r] * (sigmoid(x) - y)",
  source,
  bindings: { x: "read", y: "read", dlosses: "read", out: "write" },
  params: { rows: "u32", columns: "u32" },
  constants: { KIND: 0 },
  constantSets: [{ KIND: POINTWISE_LOSSES.squared_error }, { KIND: POINTWISE_LOSSES.binary_cross_entropy }],
  workgroupSize: () => [64, 1, 1],
  grid: ({ rows, columns }) => foldedGrid(Math.ceil(rows * pitch(columns) / 256)),
});
