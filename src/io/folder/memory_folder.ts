/** A model folder in memory. */

import { type FileBytes, MemoryBytes } from "./file_bytes.ts";
import { checkPlainName, type ModelFolder, subfolderNames } from "./model_folder.ts";

/** The files of a `Map`, by name; those of a subfolder by `subfolder/name`. Needs no permission at all. */
export class MemoryFolder implements ModelFolder {
  readonly location: string;
  readonly #files: ReadonlyMap<string, Uint8Array>;
  readonly #prefix: string;

  /** @param prefix What the names of the folder's files begin with: `""`, or a path and a slash. */
  constructor(files: ReadonlyMap<string, Uint8Array>, prefix = "") {
    this.#files = files;
    this.#prefix = prefix;
    this.location = `memory/${prefix}`;
  }

  find(file: string): Promise<FileBytes | null> {
    return Promise.try(() => {
      checkPlainName(file);
      const bytes = this.#files.get(this.#prefix + file);
      return bytes === undefined ? null : new MemoryBytes(bytes);
    });
  }

  inside(subfolder: string): ModelFolder {
    const added = subfolderNames(subfolder).map((name) => `${name}/`).join("");
    return new MemoryFolder(this.#files, this.#prefix + added);
  }

  confined(): ModelFolder {
    return this;
  }

  detached(): ModelFolder {
    return this;
  }
}
