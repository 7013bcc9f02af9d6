/** Blocks: runs of consecutive examples, which are read together. */

import type { DataExample } from "../examples.ts";

/** Most examples of a block. */
export const BLOCK_EXAMPLES = 128;

/** A block ends with the example with which it has as many bytes. */
export const BLOCK_BYTES = 2 ** 20;

/** A run of consecutive examples. */
export interface Block {
  /** The number of its first example. */
  readonly first: number;
  /** How many examples it has. */
  readonly count: number;
  /** How large it is in the file. */
  readonly bytes: number;
}

/** Where the examples of a data set are. */
export interface Store<B extends Block = Block> {
  /** All blocks, in the order of the data. */
  readonly blocks: readonly B[];
  /** Reads the examples of one of them. @throws {InputError} If the data have changed. */
  read(block: B): Promise<DataExample[]>;
}

/** How many examples blocks have together. */
export function countExamples(blocks: readonly Block[]): number {
  return blocks.reduce((sum, { count }) => sum + count, 0);
}
