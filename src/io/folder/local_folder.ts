/** A model folder on this machine. */

import { join, resolve, sep } from "node:path";
import { CheckpointError } from "../../base/errors.ts";
import { quote } from "../../base/messages.ts";
import type { FileBytes } from "./file_bytes.ts";
import { LocalFile } from "./local_file.ts";
import { checkPlainName, type FolderSettings, type ModelFolder, noSuchFile, type ReadOptions } from "./model_folder.ts";
import type { ProgressReporter } from "./progress.ts";

/** A folder of the local file system. Needs read permission for it. */
export class LocalFolder implements ModelFolder {
  readonly location: string;
  /** The absolute path of the folder as the caller named it: the read permission is for this one. */
  readonly #path: string;
  /** The real path of the folder and a separator: the real path of each of its files begins with it. */
  readonly #root: string;
  readonly #progress: ProgressReporter;
  readonly #signal: AbortSignal | undefined;

  private constructor(location: string, realPath: string, { progress, signal }: FolderSettings) {
    this.location = location;
    this.#path = resolve(location);
    this.#root = realPath.endsWith(sep) ? realPath : realPath + sep;
    this.#progress = progress;
    this.#signal = signal;
  }

  /**
   * Opens a folder that must exist.
   *
   * @returns `undefined` if there is nothing of that name.
   * @throws {CheckpointError} If it is a file.
   */
  static async open(path: string, settings: FolderSettings): Promise<LocalFolder | undefined> {
    const realPath = await realPathOf(path);
    if (realPath === undefined) return undefined;
    if (!(await Deno.stat(path)).isDirectory) {
      throw new CheckpointError(`Cannot open ${quote(path)}: it must be a folder with a model's files, and is a file`);
    }
    return new LocalFolder(path, realPath, settings);
  }

  async read(file: string, { signal = this.#signal }: ReadOptions = {}): Promise<Uint8Array> {
    const path = await this.#begin(file);
    const bytes = await Deno.readFile(path, { signal });
    this.#end(file, bytes.byteLength);
    return bytes;
  }

  /** Opens a file. Its progress is reported as complete at once, since nothing is copied. */
  async open(file: string, { signal = this.#signal }: ReadOptions = {}): Promise<FileBytes> {
    const path = await this.#begin(file);
    signal?.throwIfAborted();
    const bytes = new LocalFile(path);
    this.#end(file, bytes.size);
    return bytes;
  }

  /** The path of a file that exists and is inside this folder. */
  async #begin(file: string): Promise<string> {
    checkPlainName(file);
    this.#progress.report("initiate", file);
    const path = join(this.#path, file);
    const realPath = await realPathOf(path);
    if (realPath === undefined) throw noSuchFile(file, this.location);
    if (!realPath.startsWith(this.#root)) {
      throw new CheckpointError(
        `Cannot read ${quote(file)} in ${quote(this.location)}: it must be inside the folder, and is a link to ` +
          `${quote(realPath)}; copy the file into the folder`,
      );
    }
    this.#progress.report("download", file);
    return path;
  }

  #end(file: string, bytes: number): void {
    this.#progress.advance(file, bytes);
    this.#progress.report("done", file);
  }

  async has(file: string): Promise<boolean> {
    checkPlainName(file);
    try {
      return (await Deno.stat(join(this.#path, file))).isFile;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }
}

/** `undefined` if there is nothing of that name. A missing permission is Deno's own error, which says what to do. */
async function realPathOf(path: string): Promise<string | undefined> {
  try {
    return await Deno.realPath(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    throw error;
  }
}
