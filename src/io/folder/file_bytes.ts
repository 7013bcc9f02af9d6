/** The bytes of a file, read on demand. */

/** A file that is read by ranges. There is nothing to close. */
export interface FileBytes {
  /** Bytes of the whole file. */
  readonly size: number;
  /**
   * The bytes from `begin` to `end`, for reading only: a view if the file is in memory, else read anew.
   *
   * @param into Memory of that many bytes to read into and return; a file in memory ignores it. Default: new memory.
   * @throws {CheckpointError} If the file has changed since it was opened.
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

/** As {@linkcode concatenate}, but of a single part the part itself. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 ? parts[0] as Uint8Array : concatenate(parts);
}

/** The bytes of all parts, one after the other. */
export function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let position = 0;
  for (const part of parts) {
    whole.set(part, position);
    position += part.byteLength;
  }
  return whole;
}
