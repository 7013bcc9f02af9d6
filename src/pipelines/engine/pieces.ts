/** The items of entries, in the batches in which they are computed. */

import type { Answering } from "../../heads/trunk/query_batcher.ts";
import { BATCH_TOKENS, tokenBatches } from "./batches.ts";
import type { Entry } from "./entry.ts";
import { PAUSE } from "./overlap.ts";
import type { Item, TaskRun } from "./task.ts";

/** An item of an entry. */
export interface Piece<Output> {
  readonly entry: Entry<Output>;
  /** Its index among the entry's items. */
  readonly index: number;
  readonly item: Item;
}

/** Windows of inputs to compute together; at a pause the source has no input ready. */
export type Windows<Output> = Iterable<Entry<Output>[]> | AsyncIterable<Entry<Output>[] | typeof PAUSE>;

/** Batches of a window's items, the largest first: its allocations on the GPU then serve the others too. */
export async function* piecesInBatches<Output>(
  run: TaskRun<never, Output>,
  entries: Windows<Output>,
  { passTokens: maximum = BATCH_TOKENS, passQueries: most = Infinity }: Answering,
): AsyncGenerator<Piece<Output>[] | typeof PAUSE> {
  const sizeOf = ({ item }: Piece<Output>) => run.sizeOf?.(item) ?? item.encoding.input_ids.length;
  for await (const window of entries) {
    if (window === PAUSE) yield PAUSE;
    else {
      const pieces = window.flatMap((entry) => entry.items.map((item, index) => ({ entry, index, item })));
      yield* tokenBatches(pieces.sort((a, b) => sizeOf(b) - sizeOf(a)), { sizeOf, maximum, most });
    }
  }
}
