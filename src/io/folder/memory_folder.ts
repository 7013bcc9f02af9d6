/** A model folder in memory. */

import { type FileBytes, MemoryBytes } from "./file_bytes.ts";
import { checkPlainName, type ModelFolder, noSuchFile } from "./model_folder.ts";

/** The files of a `Map`, by name; those of a subfolder by `subfolder/name`. Needs no permission at all. */
export class MemoryFolder implements ModelFolder {
  readonly location: string;
  readonly #files: ReadonlyMap<string, Uint8Array>;
  readonly #prefix: string;

  /** @param subfolder Plain names, outermost first. */
  constructor(files: ReadonlyMap<string, Uint8Array>, subfolder: readonly string[]) {
    this.#files = files;
    this.#prefix = subfolder.map((name) => `${name}/`).join("");
    this.location = `memory/${this.#prefix}`;
  }

  read(file: string): Promise<Uint8Array> {
    return Promise.try(() => {
      const bytes = this.#get(file);
      if (bytes === undefined) throw noSuchFile(file, this.location);
      return bytes;
    });
  }

  async open(file: string): Promise<FileBytes> {
    return new MemoryBytes(await this.read(file));
  }

  has(file: string): Promise<boolean> {
    return Promise.try(() => this.#get(file) !== undefined);
  }

  #get(file: string): Uint8Array | undefined {
    checkPlainName(file);
    return this.#files.get(this.#prefix + file);
  }
}
