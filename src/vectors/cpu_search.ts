/** A search on the CPU. */

import { Slices } from "../base/tick.ts";

/** Vectors that are compared before other events may have their turn. */
const ROWS = 16;

/** Compares all queries with all vectors, a few milliseconds at a time. @param add Takes each pair, by its numbers. */
export async function bestOfAll(
  { queries, vectors, signal, add }: {
    queries: number;
    vectors: number;
    signal: AbortSignal | undefined;
    add: (query: number, vector: number) => void;
  },
): Promise<void> {
  const slices = new Slices();
  for (let first = 0; first < vectors; first += ROWS) {
    const end = Math.min(first + ROWS, vectors);
    for (let query = 0; query < queries; query++) for (let v = first; v < end; v++) add(query, v);
    await slices.next();
    signal?.throwIfAborted();
  }
}
