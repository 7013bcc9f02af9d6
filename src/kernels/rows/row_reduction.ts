/** The layout of kernels that reduce rows, shared by their contracts as `kernels/lib/rows.wgsl` is by their shaders. */

import { foldedGrid, type Grid } from "../kernel.ts";

/** Override constants of `kernels/lib/rows.wgsl`. */
export interface RowLanes {
  /** Lanes that share a row, a power of two. */
  LANES: number;
  /** Rows of a workgroup. */
  ROWS: number;
}

/** The parts of a kernel's contract that follow from its constants `LANES` and `ROWS`. */
export const rowLanes = {
  workgroupSize: ({ LANES, ROWS }: RowLanes): Grid => [LANES, ROWS, 1],
  workgroupBytes: ({ LANES, ROWS }: RowLanes): number => 4 * LANES * ROWS,
  grid: ({ rows }: { rows: number }, { ROWS }: RowLanes): Grid => foldedGrid(Math.ceil(rows / ROWS)),
};

/** Lanes for narrow rows, of which there are many: hidden states. */
export const NARROW_ROWS: RowLanes = { LANES: 8, ROWS: 8 };

/** Lanes for wide rows, of which there may be few: logits over a vocabulary. */
export const WIDE_ROWS: RowLanes = { LANES: 32, ROWS: 1 };
