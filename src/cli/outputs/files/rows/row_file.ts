/** A file to which whole rows are appended. */

import { writeAll } from "../../../../io/local/atomic_write.ts";
import { checkUnchanged, type OutputPlace, writeError } from "../place.ts";
import { WholeFile } from "../whole_file.ts";

/** The file of an output. Whatever ends a run, it has no rows but whole ones, or is cut to these by the next one. */
export class RowFile {
  readonly #place: OutputPlace;
  #file: Deno.FsFile;
  /** Bytes of whole rows. */
  #size: number;

  private constructor(place: OutputPlace, file: Deno.FsFile) {
    this.#place = place;
    this.#file = file;
    this.#size = place.size;
  }

  /** Opens it, and makes it if it is not there. */
  static async open(place: OutputPlace): Promise<RowFile> {
    return new RowFile(place, await opened(place));
  }

  /** @throws {UsageError} If it has something, as another program has written it meanwhile. */
  async checkEmpty(): Promise<void> {
    await checkUnchanged({ ...this.#place, isThere: true });
  }

  /** Leaves the first bytes alone, and goes on behind them. */
  async cutTo(size: number): Promise<void> {
    if (!this.#place.isDevice) {
      await this.#file.truncate(size);
      await this.#file.seek(size, Deno.SeekMode.Start);
    }
    this.#size = size;
  }

  /** Puts other bytes in the place of all that it has. Whatever goes wrong, what it has stays. */
  async replaceBy(parts: AsyncIterable<string>): Promise<void> {
    const other = await WholeFile.open(this.#place, { replaces: true });
    let size = 0;
    try {
      for await (const part of parts) size += await other.write(part);
      this.#file.close(); // Windows replaces no open file
      await other.finish();
    } catch (error) {
      await other.discard();
      throw error;
    }
    this.#file = await opened(this.#place);
    await this.cutTo(size);
  }

  /** Appends rows. If that fails, none of a row is left of them if that can be helped. */
  async append(rows: string): Promise<void> {
    const bytes = new TextEncoder().encode(rows);
    try {
      await writeAll(this.#file, bytes);
    } catch (error) {
      if (!this.#place.isDevice) await this.#file.truncate(this.#size).catch(() => {}); // the first error is reported
      throw writeError(this.#place.path, error);
    }
    this.#size += bytes.length;
  }

  /** Closes it when all that was appended is on the disk. */
  async close(): Promise<void> {
    try {
      if (!this.#place.isDevice) await this.#file.sync();
    } catch (error) {
      throw writeError(this.#place.path, error);
    } finally {
      this.#file.close();
    }
  }

  /** Closes it, and removes it, as it has no rows; but not what another program has written into it. */
  async discard(): Promise<void> {
    const { path, isDevice } = this.#place;
    this.#file.close();
    const found = isDevice ? null : await Deno.stat(path).catch(() => null);
    if (found !== null && found.size <= this.#size) await Deno.remove(path).catch(() => {});
  }
}

async function opened({ path, isDevice }: OutputPlace): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { write: true, ...(!isDevice && { read: true, create: true }) });
  } catch (error) {
    throw writeError(path, error);
  }
}
