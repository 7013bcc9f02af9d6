/** Cuts encoded texts into batches of bounded size, and lays a batch out as the model takes it. */

/**
 * Most tokens that one pass over a model computes. Enough to keep a GPU busy and to make the fixed cost of a readback
 * small; few enough that a batch's activations stay within the default limits of a WebGPU device for a base-sized model.
 */
export const BATCH_TOKENS = 4096;

/**
 * How many times its maximum a batch may count for with padding. A pass leaves padding out, but its answers come back
 * as wide for a short text as for the longest beside it, so that one long text must not widen very many short ones.
 */
export const PADDED = 4;

/**
 * Consecutive runs of `items` that count for at most `maximum`, and for at most {@linkcode PADDED} times that where each
 * counts for as much as the largest beside it. An item that is too large even alone is a run of its own.
 */
export function* tokenBatches<T>(
  items: readonly T[],
  { sizeOf, maximum = BATCH_TOKENS }: {
    /** What an item counts for. */
    sizeOf: (item: T) => number;
    /** The most that the items of a batch may count for. */
    maximum?: number;
  },
): Generator<T[]> {
  let batch: T[] = [];
  let total = 0;
  let largest = 0;
  for (const item of items) {
    const size = sizeOf(item);
    total += size;
    largest = Math.max(largest, size);
    if (batch.length > 0 && (total > maximum || (batch.length + 1) * largest > PADDED * maximum)) {
      yield batch;
      batch = [];
      total = largest = size;
    }
    batch.push(item);
  }
  if (batch.length > 0) yield batch;
}
