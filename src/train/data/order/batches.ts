/** Cuts rows into batches. */

import type { Row } from "../encoding/row.ts";
import { shuffled } from "./random.ts";

/** How large a batch may be; a row that is larger by itself is a batch of its own. */
export interface BatchLimits {
  /** Most rows. */
  readonly rows: number;
  /** Most tokens; padding does not count. */
  readonly tokens: number;
}

/**
 * Upper bound of the padded size of a batch, as a multiple of its tokens: the GPU skips padding, but stores attention
 * probabilities as wide as the longest sequence.
 */
const PADDED = 4;

/** Batches of consecutive rows. All rows of one have equally many sequences. */
export function cut(rows: readonly Row[], limits: BatchLimits): Row[][] {
  const batches: Row[][] = [];
  let open: Row[] = [];
  let tokens = 0;
  let longest = 0;
  for (const row of rows) {
    const [first] = open;
    const padded = (open.length + 1) * row.sequences.length * Math.max(longest, row.longest);
    const fits = open.length < limits.rows && tokens + row.tokens <= limits.tokens &&
      padded <= PADDED * limits.tokens && row.sequences.length === (first ?? row).sequences.length;
    if (!fits && open.length > 0) {
      batches.push(open);
      open = [];
      tokens = longest = 0;
    }
    open.push(row);
    tokens += row.tokens;
    longest = Math.max(longest, row.longest);
  }
  if (open.length > 0) batches.push(open);
  return batches;
}

/**
 * The batches of a window, in random order: each of rows of about one length.
 *
 * @param rows In random order, which decides among rows of one length.
 */
export function grouped(
  rows: readonly Row[],
  { limits, key, window }: { limits: BatchLimits; key: number; window: number },
): Row[][] {
  const byLength = rows.toSorted((a, b) => a.sequences.length - b.sequences.length || a.longest - b.longest);
  return shuffled(cut(byLength, limits), key, window);
}
