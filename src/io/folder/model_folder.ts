/** The interface of all folders that a model is loaded from: on disk, on the web, in memory. */

import { CheckpointError } from "../../base/errors.ts";
import { kindOf, quote } from "../../base/messages.ts";
import type { FileBytes } from "./file_bytes.ts";
import type { ProgressReporter } from "./progress.ts";

/** A folder with a model's files. */
export interface ModelFolder {
  /** Where the folder is, for messages. */
  readonly location: string;
  /**
   * A file that is read by ranges: one on disk stays there, one on a server is downloaded whole. Ask once for each file:
   * every call reads it anew.
   *
   * @returns `null` if there is no such file.
   * @throws {CheckpointError} If `file` is no plain file name or cannot be read, or if the folder is {@linkcode confined} and
   *   it is a link that leaves it.
   */
  find(file: string): Promise<FileBytes | null>;
  /**
   * The same folder, for files that another file names: a folder of somebody else's must not name files elsewhere on this
   * machine. On disk none of its files may be a link that leaves it, but for those of the Hub's cache.
   */
  confined(): ModelFolder;
  /**
   * A folder inside this one, whether there is one or not. On disk it is {@linkcode confined} to this one.
   *
   * @param subfolder `a` or `a/b`; `""` for the folder itself.
   * @throws {CheckpointError} If these are no plain names.
   */
  inside(subfolder: string): ModelFolder;
  /** The same folder, for what is read when the call that opened it is over: without its signal and progress. */
  detached(): ModelFolder;
  /**
   * Begins to fetch files that will be asked for soon, several at once, if that takes time. It returns at once; `find`
   * tells what went wrong.
   *
   * @param choices Of each list the first file that there is.
   */
  prepare?(choices: readonly (readonly string[])[]): void;
  /** What to add to the message about a file that was not found, as it may be there after all: `; and so on`. */
  readonly absence?: string;
}

/** Options of the folders on disk and on the web. */
export interface FolderSettings {
  /** Reports how the files are read. */
  progress: ProgressReporter;
  /** Aborts every read. */
  signal?: AbortSignal | undefined;
}

/** The bytes of a whole file; `null` if there is no such file. @throws {CheckpointError} As `find` of the folder. */
export async function findBytes(folder: ModelFolder, file: string): Promise<Uint8Array | null> {
  const bytes = await folder.find(file);
  return bytes === null ? null : bytes.read(0, bytes.size);
}

/** A file that must be there. @throws {CheckpointError} If it is not. */
export async function openFile(folder: ModelFolder, file: string): Promise<FileBytes> {
  const bytes = await folder.find(file);
  if (bytes !== null) return bytes;
  throw new CheckpointError(
    `Cannot read ${quote(file)} in ${quote(folder.location)}: there is no such file${folder.absence ?? ""}`,
  );
}

/** The bytes of a whole file that must be there. @throws {CheckpointError} If it is not. */
export async function readFile(folder: ModelFolder, file: string): Promise<Uint8Array> {
  const bytes = await openFile(folder, file);
  return bytes.read(0, bytes.size);
}

// Windows drops dots and spaces at the end of a name, so ".. " would be ".." there; a colon would name a drive.
const PLAIN_NAME = /^[^/\\:\p{Cc}]*[^/\\:\p{Cc}. ]$/u;

/** Whether `name` is the name of something inside a folder, on every system: no path, no drive, not `..`. */
export function isPlainName(name: string): boolean {
  return PLAIN_NAME.test(name);
}

/** Throws unless `file` is a plain file name. */
export function checkPlainName(file: string): void {
  if (!isPlainName(file)) {
    throw new CheckpointError(`Cannot read ${quote(file)}: it must be a plain file name, without a path`);
  }
}

/** The names on the way to a folder inside another, outermost first. @throws {CheckpointError} If one is not plain. */
export function subfolderNames(subfolder: string): string[] {
  if (typeof subfolder !== "string") {
    throw new TypeError(`Cannot open a subfolder: its name must be a string, got ${kindOf(subfolder)}`);
  }
  const names = subfolder === "" ? [] : subfolder.split("/");
  if (names.every(isPlainName)) return names;
  throw new CheckpointError(`Cannot open subfolder ${quote(subfolder)}: it must be plain names with "/" between them`);
}
