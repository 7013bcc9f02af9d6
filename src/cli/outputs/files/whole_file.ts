/** A file that is there as a whole, or not at all. */

import { writeAll } from "../../../io/local/atomic_write.ts";
import { type OutputPlace, writeError } from "./place.ts";

/** What the name of an output ends with while it is written as a whole. */
export const UNFINISHED = ".unfinished";

/** A file that gets its name when all of it is written. Needs permission to write both names. */
export class WholeFile {
  readonly #place: OutputPlace;
  readonly #temporary: string;
  readonly #file: Deno.FsFile;
  #isClosed = false;

  private constructor(place: OutputPlace, temporary: string, file: Deno.FsFile) {
    this.#place = place;
    this.#temporary = temporary;
    this.#file = file;
  }

  static async open(place: OutputPlace): Promise<WholeFile> {
    const { path, isDevice } = place;
    const temporary = isDevice ? path : path + UNFINISHED;
    try {
      const file = await Deno.open(temporary, { write: true, ...(!isDevice && { create: true, truncate: true }) });
      return new WholeFile(place, temporary, file);
    } catch (error) {
      throw writeError(path, error);
    }
  }

  /** Appends, and returns how many bytes. */
  async write(part: string | Uint8Array): Promise<number> {
    const bytes = typeof part === "string" ? new TextEncoder().encode(part) : part;
    try {
      await writeAll(this.#file, bytes);
    } catch (error) {
      throw writeError(this.#place.path, error);
    }
    return bytes.length;
  }

  /** Writes the first bytes anew. */
  async rewrite(start: Uint8Array): Promise<void> {
    try {
      await this.#file.seek(0, Deno.SeekMode.Start);
      await writeAll(this.#file, start);
      await this.#file.seek(0, Deno.SeekMode.End);
    } catch (error) {
      throw writeError(this.#place.path, error);
    }
  }

  /** Gives it its name, once all of it is on the disk. */
  async finish(): Promise<void> {
    try {
      if (!this.#place.isDevice) await this.#file.sync();
      this.#close();
      if (!this.#place.isDevice) await Deno.rename(this.#temporary, this.#place.path);
    } catch (error) {
      throw writeError(this.#place.path, error);
    }
  }

  /** Removes what is written of it. */
  async discard(): Promise<void> {
    this.#close();
    if (!this.#place.isDevice) await Deno.remove(this.#temporary).catch(() => {});
  }

  #close(): void {
    if (!this.#isClosed) this.#file.close();
    this.#isClosed = true;
  }
}
