/** Sums of the squares of a tensor's elements, of which a norm is made. */

import columns from "../../../../kernels/lib/columns.wgsl" with { type: "text" };
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
 * `out[to + w]` = the sum of `x[i]^2` over the part of workgroup w, for `partialsOf(rows * columns)` workgroups: in
 * `columns` columns from `at` on of rows that are `stride` elements apart, all multiples of 4. Infinity if an element is
 * not finite, or so large that its square may not be. `GAPS` is 1 if the rows have other columns between them, else 0.
 */
export const sumSquares = defineKernel({
  name: "sum_squares",
  summary: "out[to + w] = sum of x[i]^2 over the part of x that workgroup w takes",
  source: source + columns + finiteSums,
  bindings: { x: "read", out: "update" },
  params: { rows: "u32", columns: "u32", at: "u32", stride: "u32", to: "u32" },
  work: { touched: ({ rows, columns }) => ({ x: rows * columns }) },
  constants: { GAPS: 0, LANES: 64 },
  constantSets: [{}, { GAPS: 1 }],
  workgroupSize: ({ LANES }) => [LANES, 1, 1],
  workgroupBytes: ({ LANES }) => 8 * LANES,
  grid: ({ rows, columns }) => [partialsOf(rows * columns), 1, 1],
});
