/** A search on the CPU. */

import { Slices } from "../base/tick.ts";

/** Products of two numbers that are computed before other events may have their turn: some milliseconds. */
const SLICE = 2e6;

/** Compares some queries with all vectors, a few milliseconds at a time. @param add Takes each pair, by its numbers. */
export async function compareAll(
  { queries, vectors, columns, signal, add }: {
    queries: readonly number[];
    vectors: number;
    columns: number;
    signal: AbortSignal | undefined;
    add: (query: number, vector: number) => void;
  },
): Promise<void> {
  const slices = new Slices();
  const rows = Math.max(1, Math.floor(SLICE / Math.max(1, columns)));
  for (const query of queries) {
    for (let first = 0; first < vectors; first += rows) {
      const end = Math.min(first + rows, vectors);
      for (let vector = first; vector < end; vector++) add(query, vector);
      await slices.next();
      signal?.throwIfAborted();
    }
  }
}
