/** The interface of all folders that a model is loaded from: on disk, on the web, in memory. */

import { CheckpointError } from "../../base/errors.ts";
import { quote } from "../../base/messages.ts";
import type { FileBytes } from "./file_bytes.ts";
import type { ProgressReporter } from "./progress.ts";

/** A folder with a model's files. */
export interface ModelFolder {
  /** Where the folder is, for messages. */
  readonly location: string;
  /**
   * A file's bytes.
   *
   * @throws {CheckpointError} If there is no such file, or `file` is no plain file name.
   */
  read(file: string, options?: ReadOptions): Promise<Uint8Array>;
  /**
   * A file that is read by ranges: one on disk stays there, one on a server is downloaded whole.
   *
   * @throws {CheckpointError} As {@linkcode read}.
   */
  open(file: string, options?: ReadOptions): Promise<FileBytes>;
  /** Whether there is such a file. */
  has(file: string): Promise<boolean>;
}

/** Options of {@linkcode ModelFolder.read} and {@linkcode ModelFolder.open}. */
export interface ReadOptions {
  /** Aborts the read. */
  signal?: AbortSignal;
}

/** Options of the folders on disk and on the web. */
export interface FolderSettings {
  /** Reports how the files are read. */
  progress: ProgressReporter;
  /** Aborts every read that has no signal of its own. */
  signal?: AbortSignal;
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

/** The error that a folder has no such file. */
export function noSuchFile(file: string, location: string): CheckpointError {
  return new CheckpointError(`Cannot read ${quote(file)} in ${quote(location)}: there is no such file`);
}
