/** The model of the figures: 12 layers of width 256 with random weights, and what it is given. */

import { NarrowBertConfig } from "../mod.ts";
import { philox } from "../src/base/random.ts";
import type { Sizes } from "./flop.ts";

export const SEQUENCES = 8;
export const LENGTH = 128;

/** Decides weights and tokens. */
export const SEED = 256;

/** `bert256` with `full` of its layers full. */
export function bert256(full: number, { layers = 12 }: { layers?: number } = {}): NarrowBertConfig {
  return new NarrowBertConfig({
    num_hidden_layers: layers,
    full_length_layers: full,
    hidden_size: 256,
    num_attention_heads: 4,
    intermediate_size: 1024,
    vocab_size: 4000,
  });
}

/** The sizes of a config. */
export function sizesOf(config: NarrowBertConfig): Sizes {
  return {
    layers: config.num_hidden_layers,
    full: config.full_length_layers,
    width: config.hidden_size,
    heads: config.num_attention_heads,
    inner: config.intermediate_size,
    vocabulary: config.vocab_size,
  };
}

/** Random word pieces `[sequences, length]`, all real. */
export function tokens(sequences: number, length: number, { vocab_size }: NarrowBertConfig): number[][] {
  return flags(sequences, length, (l, b) => 1 + philox(SEED, b, l)[0] % (vocab_size - 1));
}

/** `[sequences, length]` of something that is known of each place. */
export function flags(sequences: number, length: number, value: (l: number, b: number) => number): number[][] {
  return Array.from({ length: sequences }, (_, b) => Array.from({ length }, (_, l) => value(l, b)));
}

/** Flags of `rows` places of each sequence, evenly spread. */
export function narrowMask(sequences: number, length: number, rows: number): number[][] {
  const chosen = new Set(Array.from({ length: rows }, (_, i) => Math.floor(i * length / rows)));
  return flags(sequences, length, (l) => Number(chosen.has(l)));
}

/** The largest difference of two results of one size. */
export function difference(one: ArrayLike<number>, other: ArrayLike<number>): number {
  if (one.length !== other.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < one.length; i++) {
    const error = Math.abs((one[i] as number) - (other[i] as number));
    if (!(error <= largest)) largest = Number.isNaN(error) ? Infinity : error;
  }
  return largest;
}
