/** Random batches for relations between runs, and what compares their results. */

import assert from "node:assert/strict";
import { philox } from "../../src/base/random.ts";
import type { Tensor } from "../../mod.ts";

/** A batch of unequal lengths, padded on the right, with a random choice of narrow rows. */
export interface RandomBatch {
  input_ids: number[][];
  attention_mask: number[][];
  token_type_ids: number[][];
  narrow_mask: number[][];
}

/** Whole numbers from 0 to `below - 1`, the same for a seed. */
export function randomInts(seed: number): (below: number) => number {
  let index = 0;
  return (below) => philox(seed, 7, index++)[0] % below;
}

/** Makes a batch. Masks have holes now and then; some sequences choose no row. */
export function randomBatch(
  seed: number,
  { sequences, length, vocabulary, types }: { sequences: number; length: number; vocabulary: number; types: number },
): RandomBatch {
  const next = randomInts(seed);
  const batch: RandomBatch = { input_ids: [], attention_mask: [], token_type_ids: [], narrow_mask: [] };
  for (let b = 0; b < sequences; b++) {
    const real = 1 + next(length);
    const density = next(4);
    const row = (value: (l: number) => number) => Array.from({ length }, (_, l) => value(l));
    const mask = row((l) => l < real && (l === 0 || next(12) > 0) ? 1 : 0);
    batch.input_ids.push(row(() => next(vocabulary)));
    batch.token_type_ids.push(row(() => next(types)));
    batch.attention_mask.push(mask);
    batch.narrow_mask.push(row((l) => mask[l] === 1 && next(4) < density ? 1 : 0));
  }
  return batch;
}

/** One sequence of a batch, its padding cut off. */
export function single(batch: RandomBatch, b: number): RandomBatch {
  const mask = batch.attention_mask[b]!;
  const end = Math.max(mask.lastIndexOf(1), batch.narrow_mask[b]!.lastIndexOf(1)) + 1;
  const cut = (rows: number[][]) => [rows[b]!.slice(0, end)];
  return {
    input_ids: cut(batch.input_ids),
    attention_mask: cut(batch.attention_mask),
    token_type_ids: cut(batch.token_type_ids),
    narrow_mask: cut(batch.narrow_mask),
  };
}

/** The batch with its sequences in another order. */
export function reordered(batch: RandomBatch, order: readonly number[]): RandomBatch {
  const take = (rows: number[][]) => order.map((b) => rows[b]!);
  return {
    input_ids: take(batch.input_ids),
    attention_mask: take(batch.attention_mask),
    token_type_ids: take(batch.token_type_ids),
    narrow_mask: take(batch.narrow_mask),
  };
}

/** Row `row` of sequence `b` in a tensor `[B, rows, C]`. */
export function rowOf(tensor: Tensor, b: number, row: number): ArrayLike<number> {
  const [, rows, columns] = tensor.dims as [number, number, number];
  const at = (b * rows + row) * columns;
  return (tensor.data as Float32Array).subarray(at, at + columns);
}

/** How many rows a sequence chose. */
export function rowCount(batch: RandomBatch, b: number): number {
  return batch.narrow_mask[b]!.filter((chosen) => chosen === 1).length;
}

/** Asserts that two rows are equal within a bound. */
export function assertClose(found: ArrayLike<number>, expected: ArrayLike<number>, bound: number, what: string): void {
  assert.equal(found.length, expected.length, what);
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(found[i]! - expected[i]!);
    assert.ok(error <= bound, `${what}, element ${i}: expected ${expected[i]} within ${bound}, got ${found[i]}`);
  }
}
