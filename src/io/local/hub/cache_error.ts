/** The errors of a cache that cannot be read or written, in this library's words. */

import { CheckpointError, PermissionError } from "../../../base/errors.ts";
import { quote } from "../../../base/messages.ts";
import { hubError } from "../../hub/hub_error.ts";
import { writingFlags } from "../writing_permission.ts";

/**
 * The error of a file system's failure. A missing permission is a `PermissionError`; what is no failure of the file
 * system is passed on.
 */
export function cacheError(what: string, cache: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof CheckpointError) return error;
  if (error instanceof Deno.errors.NotCapable) {
    return new PermissionError(`Cannot read ${what} of the cache: it takes ${writingFlags(cache)}`, { cause: error });
  }
  if (!isOfFileSystem(error)) return error;
  return hubError(what, `the cache ${quote(cache)} ${problemOf(error)}`, { cause: error });
}

/** Errors of the system have its number in their text. */
function isOfFileSystem(error: Error): boolean {
  const { PermissionDenied, NotFound, AlreadyExists, NotADirectory, IsADirectory, FilesystemLoop } = Deno.errors;
  const classes = [PermissionDenied, NotFound, AlreadyExists, NotADirectory, IsADirectory, FilesystemLoop];
  return classes.some((one) => error instanceof one) || /\(os error \d+\)/.test(error.message);
}

function problemOf(error: Error): string {
  if (error instanceof Deno.errors.PermissionDenied || /os error 30\b/.test(error.message)) {
    return "may not be read or written by this user; give another by cache_dir or HF_HUB_CACHE";
  }
  if (/os error (28|122)\b/.test(error.message)) {
    return "has no room left on its disk; make room, and load again: what came is kept";
  }
  return `cannot be written: ${error.message}`;
}
