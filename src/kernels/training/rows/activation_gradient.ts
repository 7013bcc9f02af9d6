/** The gradient of activations. */

import activations from "../../../../kernels/lib/activations.wgsl" with { type: "text" };
import rare from "../../../../kernels/lib/rare_activations.wgsl" with { type: "text" };
import source from "../../../../kernels/activation_gradient.wgsl" with { type: "text" };
import { defineKernel, foldedGrid } from "../../kernel.ts";

/** `out = dy * activation'(x)`, elementwise over `count` elements, a multiple of 4. */
export const activationGradient = defineKernel({
  name: "activation_gradient",
  summary: "out = dy * activation'(x)",
  source: source + activations + rare,
  bindings: { x: "read", dy: "read", out: "write" },
  params: { count: "u32", activation: "u32" },
  constants: {},
  constantSets: [{}],
  workgroupSize: () => [64, 1, 1],
  grid: ({ count }) => foldedGrid(Math.ceil(count / 256)),
});
