/** A model folder on this machine. */

import { CheckpointError } from "../../base/errors.ts";
import { quote } from "../../base/messages.ts";
import { pathIn } from "../folder/path.ts";
import type { FileBytes } from "../folder/file_bytes.ts";
import { checkPlainName, type FolderSettings, type ModelFolder, subfolderNames } from "../folder/model_folder.ts";
import { LocalFile } from "./local_file.ts";
import { absolute, ifThere, isNotThere, isWindows, pathOf } from "./paths.ts";

/**
 * Opens a folder of the local file system. Needs read permission for it.
 *
 * @param where Its path, or its `file:` URL.
 * @param subfolder The folder inside it that is opened; `""` for itself.
 * @returns `null` if there is nothing of that name.
 * @throws {CheckpointError} If it is a file.
 */
export async function openLocalFolder(
  where: string | URL,
  { subfolder, ...settings }: FolderSettings & { subfolder: string },
): Promise<ModelFolder | null> {
  const path = subfolderNames(subfolder).reduce(pathIn, pathOf(where));
  const realPath = await ifThere(Deno.realPath(path));
  const info = await ifThere(Deno.stat(path));
  if (realPath === null || info === null) return null;
  if (!info.isDirectory) {
    throw new CheckpointError(`Cannot open ${quote(path)}: it must be a folder with a model's files, and is a file`);
  }
  const separator = isWindows() ? "\\" : "/";
  const root = realPath.endsWith(separator) ? realPath : realPath + separator;
  const opened = { path: absolute(path), info };
  return new LocalFolder({ location: path, path: opened.path, root, opened }, settings);
}

/** The places of a {@linkcode LocalFolder}. */
interface Places {
  readonly location: string;
  /** The absolute path of the folder as the caller named it: the read permission is for this one. */
  readonly path: string;
  /** The real path of the folder that was opened, and a separator: that of each file begins with it. */
  readonly root: string;
  /** The folder that was opened, as it was: this one, or one around it. */
  readonly opened: { readonly path: string; readonly info: Deno.FileInfo };
}

class LocalFolder implements ModelFolder {
  readonly #places: Places;
  readonly #settings: FolderSettings;

  constructor(places: Places, settings: FolderSettings) {
    this.#places = places;
    this.#settings = settings;
  }

  get location(): string {
    return this.#places.location;
  }

  /** Opens a file. Its progress is reported as complete at once, since nothing is copied. */
  async find(file: string): Promise<FileBytes | null> {
    const { location, path: folder, root } = this.#places;
    const { progress, signal } = this.#settings;
    checkPlainName(file);
    signal?.throwIfAborted();
    await this.#checkSame(file);
    const path = pathIn(folder, file);
    const realPath = await ifThere(Deno.realPath(path));
    if (realPath === null) return null;
    if (!realPath.startsWith(root)) {
      throw new CheckpointError(
        `Cannot read ${quote(file)} in ${quote(location)}: it must be inside the folder, and is a link to ` +
          `${quote(realPath)}; copy the file into the folder`,
      );
    }
    if (!(await ifThere(Deno.stat(path)))?.isFile) return null;
    progress.report("initiate", file);
    progress.report("download", file);
    signal?.throwIfAborted();
    const bytes = new LocalFile(path);
    progress.advance(file, bytes.size);
    progress.report("done", file);
    return bytes;
  }

  inside(subfolder: string): ModelFolder {
    const { location, path } = this.#places;
    const names = subfolderNames(subfolder);
    const places = { ...this.#places, location: names.reduce(pathIn, location), path: names.reduce(pathIn, path) };
    return new LocalFolder(places, this.#settings);
  }

  /** Checks that the folder at the path is the one that was opened. @throws {CheckpointError} If it is not. */
  async #checkSame(file: string): Promise<void> {
    const { location, opened: { path, info } } = this.#places;
    const changed = (what: string, cause?: unknown) => {
      const message = `Cannot read ${quote(file)} in ${quote(location)}: the folder ${what}`;
      return new CheckpointError(`${message} while it was loaded; load the model again`, { cause });
    };
    const now = await Deno.stat(path).catch((error) => {
      throw isNotThere(error) ? changed("was removed", error) : error;
    });
    if (now.dev !== info.dev || now.ino !== info.ino) throw changed("was replaced by another");
  }
}
