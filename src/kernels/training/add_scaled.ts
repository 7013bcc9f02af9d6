/** Adds a multiple of one tensor to another in place: steps of an optimizer, sums of gradients. */

import source from "../../../kernels/add_scaled.wgsl" with { type: "text" };
import { defineKernel, foldedGrid } from "../kernel.ts";

/** `out += scale * x`, elementwise over `count` elements, a multiple of 4. */
export const addScaled = defineKernel({
  name: "add_scaled",
  summary: "out = out + scale * x, in place",
  source,
  bindings: { x: "read", out: "update" },
  params: { count: "u32", scale: "f32" },
  constants: {},
  constantSets: [{}],
  workgroupSize: () => [64, 1, 1],
  grid: ({ count }) => foldedGrid(Math.ceil(count / 256)),
});
