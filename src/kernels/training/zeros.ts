/** Zeros, from which sums of gradients start. */

import source from "../../../kernels/zeros.wgsl" with { type: "text" };
import { defineKernel, foldedGrid } from "../kernel.ts";

/** `out = 0`, over `count` elements, a multiple of 4. */
export const zeros = defineKernel({
  name: "zeros",
  summary: "out = 0",
  source,
  bindings: { out: "write" },
  params: { count: "u32" },
  constants: {},
  constantSets: [{}],
  workgroupSize: () => [64, 1, 1],
  grid: ({ count }) => foldedGrid(Math.ceil(count / 256)),
});
