/** Reads a file from front to back through a window of bounded size. */

import type { FileBytes } from "../../folder/file_bytes.ts";

/** Bytes of the window: more than the header of any record, and enough that a read's fixed cost does not matter. */
const WINDOW = 1 << 20;

/** A window on a file, in memory of its own. What it gives is valid until the next call. */
export class FileWindow {
  readonly #file: FileBytes;
  readonly #memory: Uint8Array;
  #bytes: Uint8Array = new Uint8Array();
  #begin = 0;

  constructor(file: FileBytes) {
    this.#file = file;
    this.#memory = new Uint8Array(Math.min(WINDOW, file.size));
  }

  /** The bytes from `begin` to `end`, at most 1 MiB of them, which must be in the file. */
  range(begin: number, end: number): Uint8Array {
    if (!this.#holds(begin) || end > this.#end) this.#move(begin);
    return this.#bytes.subarray(begin - this.#begin, end - this.#begin);
  }

  /** All bytes from `begin` to `end`, part by part. */
  *parts(begin: number, end: number): Generator<Uint8Array> {
    for (let at = begin; at < end;) {
      if (!this.#holds(at)) this.#move(at);
      const stop = Math.min(end, this.#end);
      yield this.#bytes.subarray(at - this.#begin, stop - this.#begin);
      at = stop;
    }
  }

  get #end(): number {
    return this.#begin + this.#bytes.length;
  }

  #holds(at: number): boolean {
    return at >= this.#begin && at < this.#end;
  }

  #move(begin: number): void {
    const end = Math.min(this.#file.size, begin + WINDOW);
    this.#bytes = this.#file.read(begin, end, this.#memory.subarray(0, end - begin));
    this.#begin = begin;
  }
}
