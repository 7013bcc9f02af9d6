/** LayerNorm of rows, with the residual added first. */

import rows from "../../../kernels/lib/rows.wgsl" with { type: "text" };
import moments from "../../../kernels/lib/moments.wgsl" with { type: "text" };
import normalize from "../../../kernels/lib/normalize.wgsl" with { type: "text" };
import source from "../../../kernels/layer_norm.wgsl" with { type: "text" };
import { defineKernel } from "../kernel.ts";
import { NARROW_ROWS, rowLanes } from "./row_reduction.ts";

/**
 * `out = LayerNorm(x + residual) * weight + bias` over the columns of each row; `residual` is 1 or 0 in the parameters
 * and says whether there is one. The variance is taken in a second pass; `eps` must be positive.
 */
export const layerNorm = defineKernel({
  name: "layer_norm",
  summary: "out = LayerNorm(x + residual) * weight + bias",
  source: source + normalize + moments + rows,
  bindings: { x: "read", residual: "read", weight: "read", bias: "read", out: "write" },
  params: { rows: "u32", columns: "u32", eps: "f32", residual: "u32" },
  constants: { ...NARROW_ROWS },
  constantSets: [{}],
  ...rowLanes,
});
