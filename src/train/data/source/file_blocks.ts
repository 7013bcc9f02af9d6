/** Where the examples of files are: the places of blocks, and nothing else. */

import type { FileRecord } from "../../../io/records/record.ts";
import { type Block, BLOCK_BYTES, BLOCK_EXAMPLES } from "./blocks.ts";

/** A run of examples of one file. */
export interface FileBlock extends Block {
  /** The number of the file. */
  readonly file: number;
  /** Where it begins. */
  readonly offset: number;
  /** The number of the line that begins there. */
  readonly line: number;
}

/** The blocks of examples that come one after the other. */
export class FileBlocks {
  /** All blocks so far. */
  readonly all: FileBlock[] = [];
  /** How many examples they have. */
  examples = 0;
  #open: { -readonly [K in keyof FileBlock]: FileBlock[K] } | null = null;

  /** Adds the example of a record of a file. */
  add(file: number, { begin, end, number }: FileRecord): void {
    let open = this.#open;
    if (open === null || open.file !== file || open.count === BLOCK_EXAMPLES || open.bytes >= BLOCK_BYTES) {
      open = { file, offset: begin, line: number, first: this.examples, count: 0, bytes: 0 };
      this.#open = open;
      this.all.push(open);
    }
    open.count++;
    open.bytes = end - open.offset;
    this.examples++;
  }
}
