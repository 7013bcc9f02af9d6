/** The weighted sum of up to three numbers: a loss of several parts. */

import source from "../../../kernels/weighted_sum.wgsl" with { type: "text" };
import { defineKernel } from "../kernel.ts";

/** `out = wa * a + wb * b + wc * c`, single numbers; a term of weight 0 is 0. */
export const weightedSum = defineKernel({
  name: "weighted_sum",
  summary: "out = wa * a + wb * b + wc * c",
  source,
  bindings: { a: "read", b: "read", c: "read", out: "write" },
  params: { wa: "f32", wb: "f32", wc: "f32" },
  constants: {},
  constantSets: [{}],
  workgroupSize: () => [1, 1, 1],
  grid: () => [1, 1, 1],
});
