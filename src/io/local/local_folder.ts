/** A model folder on this machine. */

import { CheckpointError } from "../../base/errors.ts";
import { quote } from "../../base/messages.ts";
import { pathIn } from "../folder/path.ts";
import type { FileBytes } from "../folder/file_bytes.ts";
import { checkPlainName, type FolderSettings, type ModelFolder, subfolderNames } from "../folder/model_folder.ts";
import { SILENT } from "../folder/progress.ts";
import { LocalFile } from "./local_file.ts";
import { blobFolders } from "./hub/cache_places.ts";
import { absolute, isNotThere, isWindows, pathOf } from "./paths.ts";
import { changedError, readError } from "./read_error.ts";

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
  const realPath = await realPathOf(path, quote(path), "folder");
  if (realPath === null) return null;
  const info = await infoOf(path, quote(path), "folder");
  if (!info.isDirectory) {
    throw new CheckpointError(`Cannot open ${quote(path)}: it must be a folder with a model's files, and is a file`);
  }
  const separator = isWindows() ? "\\" : "/";
  const root = realPath.endsWith(separator) ? realPath : realPath + separator;
  const roots = [root, ...blobFolders(realPath).map((folder) => folder + separator)];
  const opened = { path: absolute(path), info };
  return new LocalFolder({ location: path, path: opened.path, roots, opened, isConfined: false }, settings);
}

/** The places of a {@linkcode LocalFolder}. */
interface Places {
  readonly location: string;
  /** The absolute path of the folder as the caller named it: the read permission is for this one. */
  readonly path: string;
  /**
   * The real path of the folder that was opened, and a separator: that of each file begins with it. A commit in the Hub's
   * cache has links to the cache's blobs.
   */
  readonly roots: readonly string[];
  /** Whether links must not leave these. */
  readonly isConfined: boolean;
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
    const { location, path: folder } = this.#places;
    const { progress, signal } = this.#settings;
    checkPlainName(file);
    signal?.throwIfAborted();
    const what = `${quote(file)} in ${quote(location)}`;
    await this.#checkSame(what);
    const path = pathIn(folder, file);
    if (!await this.#isThere(path, file)) return null;
    if (!(await infoOf(path, what)).isFile) return null;
    progress.report("initiate", file);
    progress.report("download", file);
    signal?.throwIfAborted();
    const bytes = new LocalFile(path);
    // A link that was put in its place before it was opened must not lead out of the folder either.
    if (!await this.#isThere(path, file) || !bytes.is(await infoOf(path, what))) {
      throw changedError(what, "the file changed");
    }
    progress.advance(file, bytes.size);
    progress.report("done", file);
    return bytes;
  }

  inside(subfolder: string): ModelFolder {
    const { location, path } = this.#places;
    const names = subfolderNames(subfolder);
    const inside = { location: names.reduce(pathIn, location), path: names.reduce(pathIn, path), isConfined: true };
    return new LocalFolder({ ...this.#places, ...inside }, this.#settings);
  }

  confined(): ModelFolder {
    return new LocalFolder({ ...this.#places, isConfined: true }, this.#settings);
  }

  detached(): ModelFolder {
    return new LocalFolder(this.#places, { progress: SILENT });
  }

  /**
   * Whether there is something at a path.
   *
   * @throws {CheckpointError} If it is a link that leaves the folder, and must not.
   */
  async #isThere(path: string, file: string): Promise<boolean> {
    const { location, roots, isConfined } = this.#places;
    const what = `${quote(file)} in ${quote(location)}`;
    const realPath = await realPathOf(path, what);
    if (realPath === null || !isConfined) return realPath !== null;
    if (roots.some((root) => realPath.startsWith(root))) return true;
    throw new CheckpointError(
      `Cannot read ${what}: it must be inside the folder, and is a link to ${quote(realPath)}; ` +
        "copy the file into the folder",
    );
  }

  /** Checks that the folder at the path is the one that was opened. @throws {CheckpointError} If it is not. */
  async #checkSame(what: string): Promise<void> {
    const { opened: { path, info } } = this.#places;
    const now = await infoOf(path, what, "folder");
    if (now.dev !== info.dev || now.ino !== info.ino) throw changedError(what, "the folder was replaced by another");
  }
}

/** `null` if there is nothing of that name. @throws {CheckpointError} As {@linkcode readError} says. */
async function realPathOf(path: string, what: string, kind?: "folder"): Promise<string | null> {
  try {
    return await Deno.realPath(path);
  } catch (error) {
    if (isNotThere(error)) return null;
    throw readError(what, error, kind);
  }
}

/** What the system says about something that is there. @throws {CheckpointError} As {@linkcode readError} says. */
async function infoOf(path: string, what: string, kind?: "folder"): Promise<Deno.FileInfo> {
  return await Deno.stat(path).catch((error) => {
    throw readError(what, error, kind);
  });
}
