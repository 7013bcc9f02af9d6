/** The largest elements of rows, so that logits over a vocabulary need not be read back. */

import rows from "../../../kernels/lib/rows.wgsl" with { type: "text" };
import source from "../../../kernels/top_k.wgsl" with { type: "text" };
import { defineKernel } from "../kernel.ts";
import { rowLanes, WIDE_ROWS } from "./row_reduction.ts";

/** Largest k of {@linkcode topK}: its rounds come one after the other. */
export const MAX_TOP_K = 128;

/**
 * The k largest of each row in descending order, of equal ones the lower column first; k is at most
 * {@linkcode MAX_TOP_K} and at most the number of columns. `indices` (u32) and `values` are [rows, k] without padding.
 * A NaN counts as the largest, so that it shows.
 *
 * @throws {RangeError} From its grid, if k is too large.
 */
export const topK = defineKernel({
  name: "top_k",
  summary: "values[r], indices[r] = the k largest of x[r] and their columns, in descending order",
  source: source + rows,
  bindings: { x: "read", indices: "write", values: "write" },
  params: { rows: "u32", columns: "u32", k: "u32" },
  constants: { ...WIDE_ROWS },
  constantSets: [{}],
  ...rowLanes,
  workgroupBytes: ({ LANES }) => 8 * LANES,
  grid(params, constants) {
    const { columns, k } = params;
    if (k > Math.min(columns, MAX_TOP_K)) {
      const largest = Math.min(columns, MAX_TOP_K);
      throw new RangeError(`Cannot take the top ${k} of ${columns} columns: k must be at most ${largest}, got ${k}`);
    }
    return rowLanes.grid(params, constants);
  },
});
