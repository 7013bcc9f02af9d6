/** Text files on this machine, read in parts. */

import { InputError } from "../../base/errors.ts";
import { type ByteSource, PART } from "../records/byte_source.ts";

/** What identifies a file and its version. */
type Identity = Pick<Deno.FileInfo, "size" | "mtime" | "ino" | "dev">;

/**
 * Opens a file. Later reads refuse it if another one has its path then, or if it was changed.
 *
 * @param path A path or a `file:` URL. Needs read permission for it.
 * @throws {InputError} If there is no such file, or it is none.
 */
export async function openFileRanges(path: string | URL): Promise<ByteSource> {
  const name = String(path);
  let identity: Deno.FileInfo;
  try {
    identity = await Deno.stat(path);
  } catch (cause) {
    const isAbsent = cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotADirectory;
    throw unreadable(name, isAbsent ? "there is no such file" : (cause as Error).message, cause);
  }
  if (!identity.isFile) {
    const found = identity.isDirectory ? "a folder" : "a pipe or a device, which can be read once only";
    throw unreadable(name, `it must be a file, and is ${found}`);
  }
  return { name, size: identity.size, read: (begin, end) => readParts(path, { name, identity, begin, end }) };
}

async function* readParts(
  path: string | URL,
  { name, identity, begin, end }: { name: string; identity: Identity; begin: number; end: number },
): AsyncGenerator<Uint8Array> {
  const changed = (cause?: unknown) => unreadable(name, "it changed since it was opened; open the data again", cause);
  try {
    using file = await Deno.open(path);
    if (!isSame(await file.stat(), identity)) throw changed();
    await file.seek(begin, Deno.SeekMode.Start);
    const memory = new Uint8Array(Math.min(PART, end - begin));
    for (let at = begin; at < end;) {
      const part = memory.subarray(0, Math.min(memory.length, end - at));
      for (let filled = 0; filled < part.length;) {
        const count = await file.read(part.subarray(filled));
        if (count === null) throw changed();
        filled += count;
      }
      at += part.length;
      yield part;
    }
  } catch (error) {
    if (error instanceof InputError || !(error instanceof Error)) throw error;
    throw error instanceof Deno.errors.NotFound ? changed(error) : unreadable(name, error.message, error);
  }
}

function isSame(a: Identity, b: Identity): boolean {
  return a.size === b.size && a.mtime?.getTime() === b.mtime?.getTime() && a.ino === b.ino && a.dev === b.dev;
}

function unreadable(name: string, problem: string, cause?: unknown): InputError {
  return new InputError(`Cannot read ${name}: ${problem}`, { cause });
}
