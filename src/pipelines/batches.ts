/** Cuts encoded texts into batches of bounded size, and lays a batch out as the model takes it. */

import type { Encoding } from "../text/encoding.ts";

/**
 * Most tokens of one pass over a model, padding included: the pass leaves padding out, but its answers come back as
 * wide for a short text as for the longest beside it. Enough to keep a GPU busy and to make the fixed cost of a
 * readback small; few enough that a batch's activations stay within the default limits of a WebGPU device for a
 * base-sized model.
 */
export const BATCH_TOKENS = 4096;

/** Encodings laid out in rows of equal length, filled up with zeros; the model skips what the mask leaves out. */
export interface PaddedBatch {
  input_ids: number[][];
  token_type_ids: number[][];
  attention_mask: number[][];
}

/**
 * Consecutive runs of `items` of bounded padded size: as many times the largest size as there are items. An item that
 * is too large even alone is a run of its own.
 */
export function* tokenBatches<T>(
  items: readonly T[],
  { sizeOf, maximum = BATCH_TOKENS }: {
    /** What an item counts for. */
    sizeOf: (item: T) => number;
    /** The most that the items of a batch may count for, each as much as the largest. */
    maximum?: number;
  },
): Generator<T[]> {
  let batch: T[] = [];
  let largest = 0;
  for (const item of items) {
    const size = sizeOf(item);
    largest = Math.max(largest, size);
    if (batch.length > 0 && (batch.length + 1) * largest > maximum) {
      yield batch;
      batch = [];
      largest = size;
    }
    batch.push(item);
  }
  if (batch.length > 0) yield batch;
}

/** One batch of encodings as nested arrays of equal length. */
export function padBatch(encodings: readonly Encoding[]): PaddedBatch {
  return {
    input_ids: padRows(encodings.map((encoding) => encoding.input_ids)),
    token_type_ids: padRows(encodings.map((encoding) => encoding.token_type_ids)),
    attention_mask: padRows(encodings.map((encoding) => encoding.attention_mask)),
  };
}

/** Rows filled up on the right to the length of the longest, with zeros or another number. */
export function padRows(rows: readonly number[][], filling = 0): number[][] {
  const longest = rows.reduce((length, row) => Math.max(length, row.length), 0);
  return rows.map((row) => [...row, ...new Array<number>(longest - row.length).fill(filling)]);
}
