/** A file that is there as a whole, or not at all. */

import { writeAll } from "../../../io/local/atomic_write.ts";
import { openLocked, removeLocked } from "./lock.ts";
import { checkUnchanged, type OutputPlace, writeError } from "./place.ts";

/** What the name of an output ends with while it is written as a whole. */
export const UNFINISHED = ".unfinished";

/** A file that gets its name when all of it is written. Needs permission to write both names. */
export class WholeFile {
  readonly #place: OutputPlace;
  readonly #temporary: string;
  readonly #file: Deno.FsFile;
  readonly #replaces: boolean;
  #isClosed = false;

  private constructor(place: OutputPlace, { file, replaces }: { file: Deno.FsFile; replaces: boolean }) {
    this.#place = place;
    this.#temporary = temporaryOf(place);
    this.#file = file;
    this.#replaces = replaces;
  }

  /**
   * Begins it. No other process can until it is finished or discarded.
   *
   * @param options `replaces`: whether it takes the place of what is there.
   * @throws {UsageError} If another process writes it, or has written it since its place was looked at.
   */
  static async open(place: OutputPlace, { replaces = false } = {}): Promise<WholeFile> {
    const file = await opened(place);
    const whole = new WholeFile(place, { file, replaces });
    try {
      await whole.#checkPlace();
      if (!place.isDevice) await file.truncate(0); // a run that was killed may have left it
      return whole;
    } catch (error) {
      await whole.discard();
      throw writeError(place.path, error);
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

  /**
   * Gives it its name, once all of it is on the disk.
   *
   * @throws {UsageError} If another file has got that name meanwhile.
   */
  async finish(): Promise<void> {
    try {
      if (!this.#place.isDevice) {
        await this.#file.sync();
        await this.#checkPlace();
        await Deno.rename(this.#temporary, this.#place.path);
      }
      this.#close(); // after the renaming: another run would write over what it can lock
    } catch (error) {
      throw writeError(this.#place.path, error);
    }
  }

  /** Removes what is written of it. */
  async discard(): Promise<void> {
    if (this.#isClosed) return;
    if (this.#place.isDevice) return this.#close();
    this.#isClosed = true;
    await removeLocked(this.#temporary, this.#file);
  }

  async #checkPlace(): Promise<void> {
    if (!this.#replaces) await checkUnchanged(this.#place);
  }

  #close(): void {
    if (!this.#isClosed) this.#file.close();
    this.#isClosed = true;
  }
}

function temporaryOf({ path, isDevice }: OutputPlace): string {
  return isDevice ? path : path + UNFINISHED;
}

async function opened(place: OutputPlace): Promise<Deno.FsFile> {
  const { path: output, isDevice } = place;
  if (!isDevice) return (await openLocked(temporaryOf(place), { output, create: true }))!;
  try {
    return await Deno.open(output, { write: true });
  } catch (error) {
    throw writeError(output, error);
  }
}
