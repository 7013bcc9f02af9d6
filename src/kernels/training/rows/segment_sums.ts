/** Sums of rows that an index picks, as a table gets its gradient from the rows that read it. */

import source from "../../../../kernels/segment_sums.wgsl" with { type: "text" };
import { defineKernel, foldedGrid, type Params, pitch } from "../../kernel.ts";

/**
 * `out[s] = sum over i of x[order[i]]`, i from `starts[first + s]` to `starts[first + s + 1] - 1`, zeros for an empty
 * segment; always the same bits for the same x. `starts` has `first + segments + 1` elements or more, and ascends. `rows`
 * are those of x.
 */
export const segmentSums = defineKernel({
  name: "segment_sums",
  summary: "out[s] = sum over i of x[order[i]], i = starts[first + s] .. starts[first + s + 1] - 1",
  source,
  bindings: { x: "read", starts: "read", order: "read", out: "write" },
  params: { rows: "u32", segments: "u32", columns: "u32", first: "u32" },
  constants: { COLUMNS: 64, LANES: 1 },
  constantSets: [{}, { COLUMNS: 8, LANES: 8 }],
  workgroupSize: ({ COLUMNS, LANES }) => [COLUMNS, LANES, 1],
  workgroupBytes: ({ COLUMNS, LANES }) => 16 * COLUMNS * LANES,
  grid: ({ segments, columns }, { COLUMNS }) => foldedGrid(segments * Math.ceil(pitch(columns) / 4 / COLUMNS)),
});

/** Rows of a segment, on average, from which lanes share them. */
const MANY_ROWS = 32;

/** The index of the set of constants that suits: many lanes if segments have many rows. */
export function segmentLanes({ rows, segments }: Params<"rows" | "segments">): number {
  return rows >= MANY_ROWS * segments ? 1 : 0;
}
