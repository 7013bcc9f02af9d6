/** Where an output goes: what is there already, and what cannot be written. */

import { permissionError } from "../../../base/runtime.ts";
import type { InputSource } from "../../inputs/inputs.ts";
import { UsageError } from "../../options.ts";

/** What is at the path of an output. */
export interface OutputPlace {
  readonly path: string;
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
 */
export async function lookAt(
  path: string,
  { resume, sources }: { resume: boolean; sources: readonly InputSource[] },
): Promise<OutputPlace> {
  const info = await statOf(path);
  if (info?.isDirectory) throw new UsageError(`--output must be a file, and ${path} is a folder`);
  for (const source of sources) {
    if (info === null || source.path === null || !(await isSame(path, info, source.path))) continue;
    throw new UsageError(`--output ${path} is an input too: choose another`);
  }
  if (info === null) return { path, size: 0, isDevice: false };
  if (!info.isFile) {
    if (resume) throw new UsageError(`--resume takes a file, and ${path} is a device or a pipe`);
    return { path, size: 0, isDevice: true };
  }
  return { path, size: info.size, isDevice: false };
}

async function statOf(path: string): Promise<Deno.FileInfo | null> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw writeError(path, error);
  }
}

async function isSame(path: string, info: Deno.FileInfo, other: string): Promise<boolean> {
  const found = await Deno.stat(other);
  if (info.ino !== null && found.ino !== null) return info.ino === found.ino && info.dev === found.dev;
  return await Deno.realPath(path) === await Deno.realPath(other); // Windows may not number files
}

/** The error of a file that cannot be written. */
export function writeError(path: string, cause: unknown): unknown {
  if (cause instanceof UsageError || !(cause instanceof Error)) return cause;
  if (cause instanceof Deno.errors.NotCapable) return permissionError(cause);
  const isNowhere = cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.NotADirectory;
  const problem = isNowhere ? "there is no such folder" : cause.message;
  return new Error(`Cannot write ${path}: ${problem}`, { cause });
}
