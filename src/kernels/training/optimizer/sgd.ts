/** A step of gradient descent with momentum. */

import source from "../../../../kernels/sgd.wgsl" with { type: "text" };
import { defineKernel, foldedGrid } from "../../kernel.ts";

/**
 * Updates parameter p and its momentum b by the gradient g, in place, over `count` elements, a multiple of 4; nothing is
 * written if `state`, of `step_control`, says so. `decay` is the weight decay, which is added to the gradient.
 */
export const sgd = defineKernel({
  name: "sgd",
  summary: "b = momentum b + clip g + decay p; p = p - lr b",
  source,
  bindings: { g: "read", state: "read", p: "update", b: "update" },
  params: { count: "u32", lr: "f32", decay: "f32", momentum: "f32" },
  constants: {},
  constantSets: [{}],
  workgroupSize: () => [64, 1, 1],
  grid: ({ count }) => foldedGrid(Math.ceil(count / 256)),
});
