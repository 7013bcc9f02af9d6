/** Writes a tensor over another in place: the first part of a sum. */

import source from "../../../kernels/assign.wgsl" with { type: "text" };
import { defineKernel, foldedGrid } from "../kernel.ts";

/** `out = x`, elementwise over `count` elements, a multiple of 4. */
export const assign = defineKernel({
  name: "assign",
  summary: "out = x, in place",
  source,
  bindings: { x: "read", out: "update" },
  params: { count: "u32" },
  constants: {},
  constantSets: [{}],
  workgroupSize: () => [64, 1, 1],
  grid: ({ count }) => foldedGrid(Math.ceil(count / 256)),
});
