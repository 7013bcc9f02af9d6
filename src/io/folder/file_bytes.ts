/** The bytes of a file, which may stay where they are until they are asked for. */

/** A file that is read by ranges. There is nothing to close. */
export interface FileBytes {
  /** Bytes of the whole file. */
  readonly size: number;
  /**
   * The bytes from `begin` to `end`, for reading only: a view where the file is in memory, else read from it anew.
   *
   * @param into Memory of that many bytes, which a file that is not in memory fills and returns; without it, new memory.
   * @throws {CheckpointError} Where the file is no longer what it was when it was opened.
   */
  read(begin: number, end: number, into?: Uint8Array): Uint8Array;
}

/** A file that is in memory. */
export class MemoryBytes implements FileBytes {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get size(): number {
    return this.#bytes.byteLength;
  }

  read(begin: number, end: number): Uint8Array {
    return this.#bytes.subarray(begin, end);
  }
}
