/** The bytes of a file, which are read in parts, from any place on. */

/** Bytes of a part. */
export const PART = 2 ** 18;

/** A file that may be read several times, also at once. There is nothing to close. */
export interface ByteSource {
  /** What messages call it. */
  readonly name: string;
  /** Its bytes. */
  readonly size: number;
  /**
   * The bytes from `begin` to `end`, in parts of {@linkcode PART} bytes but for the last. A part may be written over when
   * the next one is asked for.
   *
   * @throws {InputError} If the file cannot be read, or has changed since it was opened.
   */
  read(begin: number, end: number): AsyncIterable<Uint8Array>;
}

/** A file in memory, or that a web page was given. */
export function blobSource(file: File): ByteSource {
  return {
    name: file.name,
    size: file.size,
    async *read(begin, end) {
      for (let at = begin; at < end; at += PART) {
        yield new Uint8Array(await file.slice(at, Math.min(at + PART, end)).arrayBuffer());
      }
    },
  };
}
