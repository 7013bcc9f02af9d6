/** Sums of the squares of a tensor's elements, of which a norm is made. */

import finiteSums from "../../../../kernels/lib/finite_sums.wgsl" with { type: "text" };
import source from "../../../../kernels/sum_squares.wgsl" with { type: "text" };
import { defineKernel } from "../../kernel.ts";

/** Elements that a workgroup takes at least, if there are as many. */
const SHARE = 4096;

/** Most partial sums of a tensor. */
const MOST = 256;

/** How many partial sums `sum_squares` makes of `count` elements, padding included: one or more. */
export function partialsOf(count: number): number {
  return Math.min(MOST, Math.max(1, Math.ceil(count / SHARE)));
}

/**
 * `out[at + w]` = the sum of `x[i]^2` over the part of workgroup w, for `partialsOf(count)` workgroups; `count` is a
 * multiple of 4. Infinity if an element is not finite, or so large that its square may not be.
 */
export const sumSquares = defineKernel({
  name: "sum_squares",
  summary: "out[at + w] = sum of x[i]^2 over the part of x that workgroup w takes",
  source: source + finiteSums,
  bindings: { x: "read", out: "update" },
  params: { count: "u32", at: "u32" },
  constants: { LANES: 64 },
  constantSets: [{}],
  workgroupSize: ({ LANES }) => [LANES, 1, 1],
  workgroupBytes: ({ LANES }) => 8 * LANES,
  grid: ({ count }) => [partialsOf(count), 1, 1],
});
