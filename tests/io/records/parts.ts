/** Files in memory, which come in parts. */

import { type Line, LineSplitter } from "../../../src/io/records/lines.ts";

/** Bytes of a part. */
export function bytesOf(part: string | Uint8Array): Uint8Array {
  return typeof part === "string" ? new TextEncoder().encode(part) : part;
}

/** The lines of a file. Every part is written over once its lines are taken, as a reader of files does. */
export function linesOf(...parts: readonly (string | Uint8Array)[]): Line[] {
  const splitter = new LineSplitter();
  const lines = parts.flatMap((part) => {
    const bytes = bytesOf(part).slice();
    const found = [...splitter.split(bytes)];
    bytes.fill(0xff);
    return found;
  });
  return [...lines, ...splitter.end()];
}

/** The parts of a file, one after the other in the same memory. */
export async function* partsOf(file: string | Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  const bytes = bytesOf(file);
  const memory = new Uint8Array(size);
  for (let at = 0; at < bytes.length; at += size) {
    const part = bytes.subarray(at, at + size);
    memory.set(part);
    yield await Promise.resolve(memory.subarray(0, part.length));
  }
}
