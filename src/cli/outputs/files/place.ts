/** Where an output goes: what is there already, and what cannot be written. */

import { dirname } from "node:path";
import { permissionError } from "../../../base/runtime.ts";
import type { InputSource } from "../../inputs/inputs.ts";
import { UsageError } from "../../options.ts";
import { isSameFile } from "../same_file.ts";

/** What is at the path of an output. */
export interface OutputPlace {
  readonly path: string;
  /** Whether there is something at the path. */
  readonly isThere: boolean;
  /** Bytes of the file that is there; 0 if there is none, or nothing in it. */
  readonly size: number;
  /** Whether it is a device or a pipe, which keeps nothing. */
  readonly isDevice: boolean;
}

/**
 * Looks at the path of an output.
 *
 * @param resume Whether what is there may be gone on with.
 * @throws {UsageError} If it cannot be an output: a folder, an input, or a file that holds something.
 * @throws {Error} If it cannot be written.
 */
export async function lookAt(
  path: string,
  { resume, sources }: { resume: boolean; sources: readonly InputSource[] },
): Promise<OutputPlace> {
  const info = await statOf(path);
  if (info?.isDirectory) throw new UsageError(`--output must be a file, and ${path} is a folder`);
  for (const source of sources) {
    if (info === null || source.path === null || !(await isSameFile(path, source.path))) continue;
    throw new UsageError(`--output ${path} is an input too: choose another`);
  }
  if (info !== null && !info.isFile) {
    if (resume) throw new UsageError(`--resume takes a file, and ${path} is a device or a pipe`);
    return { path, isThere: true, size: 0, isDevice: true };
  }
  await checkOpens(path);
  return { path, isThere: info !== null, size: info?.size ?? 0, isDevice: false };
}

/**
 * Looks at it again, before it is written, when no other run of a command can write it.
 *
 * @throws {UsageError} If it has got something since.
 */
export async function checkUnchanged({ path, isThere, isDevice }: OutputPlace): Promise<void> {
  if (isDevice) return;
  const info = await statOf(path);
  if (info !== null && (!isThere || info.size > 0)) {
    throw new UsageError(`another process has written ${path} meanwhile: choose another --output`);
  }
}

/** Checks that a file can be written, but makes none: what a run does not get to write is not there. */
async function checkOpens(path: string): Promise<void> {
  try {
    (await Deno.open(path, { write: true })).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw writeError(path, error);
    const folder = await statOf(dirname(path));
    if (folder === null) throw noFolder(path, error);
  }
}

async function statOf(path: string): Promise<Deno.FileInfo | null> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    if (error instanceof Deno.errors.NotADirectory) throw noFolder(path, error);
    throw writeError(path, error);
  }
}

function noFolder(path: string, cause: unknown): Error {
  return new Error(`Cannot write ${path}: there is no such folder`, { cause });
}

/** The error of a file that cannot be written. */
export function writeError(path: string, cause: unknown): unknown {
  if (cause instanceof UsageError || !(cause instanceof Error)) return cause;
  if (cause instanceof Deno.errors.NotCapable) return permissionError(cause);
  return new Error(`Cannot write ${path}: ${cause.message}`, { cause });
}
