/** The errors of files and folders of this machine that cannot be read, in this library's words. */

import { CheckpointError } from "../../base/errors.ts";
import { permissionError } from "../../base/runtime.ts";

/** What to do about what another process did to a file or folder. */
const MEANWHILE = "while it was loaded; load the model again";

/**
 * The error of something that was there, and cannot be read. A missing permission is a `PermissionError`; this library's
 * errors are passed on.
 *
 * @param what What is read, as `the file "a"` after `Cannot read`.
 * @param kind What it is called when it has changed.
 */
export function readError(what: string, error: unknown, kind: "file" | "folder" = "file"): unknown {
  if (!(error instanceof Error) || error instanceof CheckpointError) return error;
  if (error instanceof Deno.errors.NotCapable) return permissionError(error);
  return new CheckpointError(`Cannot read ${what}: ${problemOf(error, kind)}`, { cause: error });
}

/** The error of a file or folder that is another one now. */
export function changedError(what: string, problem: string): CheckpointError {
  return new CheckpointError(`Cannot read ${what}: ${problem} ${MEANWHILE}`);
}

function problemOf(error: Error, kind: string): string {
  const { NotFound, NotADirectory, IsADirectory, FilesystemLoop, PermissionDenied } = Deno.errors;
  if (error instanceof NotFound || error instanceof NotADirectory) return `the ${kind} was removed ${MEANWHILE}`;
  if (error instanceof IsADirectory) return `the ${kind} changed ${MEANWHILE}`;
  if (error instanceof FilesystemLoop) return `the ${kind} is a link that leads back to itself`;
  if (error instanceof PermissionDenied) return `this user may not read the ${kind}; change its permissions`;
  return error.message;
}
