/** Cuts encoded texts into batches of bounded size. */

import { PASS_TOKENS } from "../../heads/trunk/sequences.ts";

/** Most tokens of a batch: those of a pass over a model. */
export const BATCH_TOKENS = PASS_TOKENS;

/**
 * Upper bound of items x longest item, as a multiple of `maximum`. The GPU skips padding, but stores attention
 * probabilities as wide as the longest item.
 */
export const PADDED = 4;

/**
 * Batches of consecutive items. The sizes of a batch add up to at most `maximum`; items x largest size is at most
 * {@linkcode PADDED} times that. An item that is too large by itself is a batch of its own.
 */
export function* tokenBatches<T>(
  items: readonly T[],
  { sizeOf, maximum = BATCH_TOKENS, most = Infinity }: {
    /** The size of an item. */
    sizeOf: (item: T) => number;
    /** The largest size of a batch. */
    maximum?: number;
    /** Most items. */
    most?: number;
  },
): Generator<T[]> {
  let batch: T[] = [];
  let total = 0;
  let largest = 0;
  for (const item of items) {
    const size = sizeOf(item);
    total += size;
    largest = Math.max(largest, size);
    const isFull = batch.length === most || total > maximum || (batch.length + 1) * largest > PADDED * maximum;
    if (batch.length > 0 && isFull) {
      yield batch;
      batch = [];
      total = largest = size;
    }
    batch.push(item);
  }
  if (batch.length > 0) yield batch;
}
