/** A file on this machine, read by ranges. */

import { CheckpointError } from "../../base/errors.ts";
import { quote } from "../../base/messages.ts";
import type { FileBytes } from "../folder/file_bytes.ts";
import { isNotThere, pathOf } from "./paths.ts";
import { changedError, readError } from "./read_error.ts";

/** What identifies a file and its version. */
type Identity = Pick<Deno.FileInfo, "size" | "mtime" | "ino" | "dev" | "isFile">;

/**
 * A file of the local file system. It is open during a read only, so that no owner has to close it. So the file at its
 * path must stay the same and unchanged, which every read checks.
 */
export class LocalFile implements FileBytes {
  readonly #path: string;
  readonly #identity: Identity;

  /**
   * @param path Of a file that exists. Needs read permission for it.
   * @throws {CheckpointError} If it cannot be opened.
   */
  constructor(path: string) {
    this.#path = path;
    using file = this.#open();
    this.#identity = file.statSync();
    if (!this.#identity.isFile) throw this.#changed();
  }

  get size(): number {
    return this.#identity.size;
  }

  /** Whether this is the file that the system says something about. */
  is(info: Deno.FileInfo): boolean {
    return isSame(info, this.#identity);
  }

  read(begin: number, end: number, into = new Uint8Array(end - begin)): Uint8Array {
    using file = this.#open();
    if (!isSame(file.statSync(), this.#identity)) throw this.#changed();
    try {
      file.seekSync(begin, Deno.SeekMode.Start);
      for (let filled = 0; filled < into.byteLength;) {
        const count = file.readSync(into.subarray(filled));
        if (count === null) throw this.#changed();
        filled += count;
      }
      return into;
    } catch (error) {
      throw readError(quote(this.#path), error);
    }
  }

  #open(): Deno.FsFile {
    try {
      return Deno.openSync(this.#path);
    } catch (error) {
      throw readError(quote(this.#path), error);
    }
  }

  #changed(): CheckpointError {
    return changedError(quote(this.#path), "the file changed");
  }
}

function isSame(a: Identity, b: Identity): boolean {
  return a.size === b.size && a.mtime?.getTime() === b.mtime?.getTime() && a.ino === b.ino && a.dev === b.dev;
}

/**
 * Opens a file at a path or `file:` URL.
 *
 * @returns `null` if there is no such file.
 * @throws {CheckpointError} If it is a folder, or cannot be read.
 */
export function openLocalFile(where: string | URL): LocalFile | null {
  const path = pathOf(where);
  try {
    if (Deno.statSync(path).isFile) return new LocalFile(path);
  } catch (error) {
    if (isNotThere(error)) return null;
    throw readError(quote(`${where}`), error);
  }
  throw new CheckpointError(`Cannot read ${quote(`${where}`)}: it must be a file, and is a folder`);
}

/**
 * The bytes of a whole file.
 *
 * @returns `null` if there is no such file.
 * @throws {CheckpointError} If it is a folder, or cannot be read.
 */
export async function readWhole(where: string | URL): Promise<Uint8Array | null> {
  try {
    return await Deno.readFile(pathOf(where));
  } catch (error) {
    if (isNotThere(error)) return null;
    if (!(error instanceof Deno.errors.IsADirectory)) throw readError(quote(`${where}`), error);
    throw new CheckpointError(`Cannot read ${quote(`${where}`)}: it must be a file, and is a folder`);
  }
}
