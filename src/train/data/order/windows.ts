/** Windows: the blocks whose examples are shuffled together, in the order of an epoch. */

import type { Block } from "../source/blocks.ts";
import { keyOf, shuffled } from "./random.ts";

/** A window ends with the block with which it has as many bytes, so that long texts do not fill the memory. */
const WINDOW_BYTES = 2 ** 25;

/** Blocks whose examples are shuffled together. */
export interface Window<B extends Block> {
  readonly blocks: readonly B[];
  /** How many examples they have. */
  readonly examples: number;
  /** How many examples earlier windows of the epoch have. */
  readonly before: number;
}

/** The windows of an epoch: all blocks in an order that depends on seed and epoch alone, cut by the number of examples. */
export function windowsOf<B extends Block>(
  blocks: readonly B[],
  { seed, epoch, examples }: { seed: number; epoch: number; examples: number },
): Window<B>[] {
  const windows: Window<B>[] = [];
  let open: B[] = [];
  let count = 0;
  let bytes = 0;
  let before = 0;
  const close = () => {
    windows.push({ blocks: open, examples: count, before });
    before += count;
    open = [];
    count = bytes = 0;
  };
  for (const block of shuffled(blocks, keyOf(seed, "blocks", epoch), 0)) {
    if (open.length > 0 && (count + block.count > examples || bytes >= WINDOW_BYTES)) close();
    open.push(block);
    count += block.count;
    bytes += block.bytes;
  }
  if (open.length > 0) close();
  return windows;
}
