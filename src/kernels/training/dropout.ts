/** Dropout with masks that are computed again wherever they are needed. */

import philox from "../../../kernels/lib/philox.wgsl" with { type: "text" };
import source from "../../../kernels/dropout.wgsl" with { type: "text" };
import { defineKernel, foldedGrid } from "../kernel.ts";

/**
 * `out = x * scale` where the element's word of `philox(seed, stream, index / 2)` is `threshold` or more, else 0; plus
 * `residual` if that param is 1. Over `count` elements, a multiple of 4; the index counts padding columns too.
 */
export const dropout = defineKernel({
  name: "dropout",
  summary: "out = x * scale where philox(seed, stream, index) >= threshold, else 0, + residual",
  source: source + philox,
  bindings: { x: "read", residual: "read", out: "write" },
  params: { count: "u32", seed: "u32", stream: "u32", threshold: "u32", scale: "f32", residual: "u32" },
  constants: {},
  constantSets: [{}],
  workgroupSize: () => [64, 1, 1],
  grid: ({ count }) => foldedGrid(Math.ceil(count / 256)),
});
