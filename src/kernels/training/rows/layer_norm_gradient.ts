/** The gradient of LayerNorm. */

import moments from "../../../../kernels/lib/moments.wgsl" with { type: "text" };
import rows from "../../../../kernels/lib/rows.wgsl" with { type: "text" };
import source from "../../../../kernels/layer_norm_gradient.wgsl" with { type: "text" };
import { defineKernel } from "../../kernel.ts";
import { NARROW_ROWS, rowLanes } from "../../rows/row_reduction.ts";

/**
 * The gradient `out` of `LayerNorm(x + residual) * weight + bias` by x, which is that by the residual too, and
 * `products`, whose sums over the rows are the gradient by the weight; parameters as those of `layer_norm`.
 */
export const layerNormGradient = defineKernel({
  name: "layer_norm_gradient",
  summary: "out = (g - mean(g) - n * mean(g * n)) / deviation, products = dy * n; g = dy * weight, n = normalized x",
  source: source + moments + rows,
  bindings: { x: "read", residual: "read", weight: "read", dy: "read", out: "write", products: "write" },
  params: { rows: "u32", columns: "u32", eps: "f32", residual: "u32" },
  constants: { ...NARROW_ROWS },
  constantSets: [{}],
  ...rowLanes,
});
