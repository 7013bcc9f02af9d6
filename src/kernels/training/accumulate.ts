/** Sums of tensors in place, from the first one on. */

import source from "../../../kernels/accumulate.wgsl" with { type: "text" };
import { defineKernel, foldedGrid } from "../kernel.ts";

/** `out = x`, or `out + x` if `keep` is not 0, elementwise over `count` elements, a multiple of 4. */
export const accumulate = defineKernel({
  name: "accumulate",
  summary: "out = x, or out + x, in place",
  source,
  bindings: { x: "read", out: "update" },
  params: { count: "u32", keep: "u32" },
  constants: {},
  constantSets: [{}],
  workgroupSize: () => [64, 1, 1],
  grid: ({ count }) => foldedGrid(Math.ceil(count / 256)),
});
