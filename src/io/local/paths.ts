/** Paths of this machine. `node:path` and `node:url` would do, but a browser's bundle must not name them. */

import { quote } from "../../base/messages.ts";
import { permissionError } from "../../base/runtime.ts";
import { pathIn } from "../folder/path.ts";

/** Whether paths are those of Windows. */
export function isWindows(): boolean {
  return Deno.build.os === "windows";
}

/**
 * The path of a place on this machine.
 *
 * @param where A path, or a `file:` URL.
 * @throws {TypeError} If no path has this URL.
 */
export function pathOf(where: string | URL): string {
  return typeof where === "string" ? where : pathOfUrl(where, isWindows());
}

/** {@linkcode pathOf} a `file:` URL, on Windows or elsewhere. */
export function pathOfUrl({ href, hostname, pathname }: URL, windows: boolean): string {
  const wrong = (problem: string) => new TypeError(`Cannot open ${quote(href)}: ${problem}`);
  if ((windows ? /%2f|%5c/i : /%2f/i).test(pathname)) throw wrong("a name in its path has a separator");
  let path: string;
  try {
    path = decodeURIComponent(pathname);
  } catch {
    throw wrong("its path is no UTF-8");
  }
  if (path.includes("\0")) throw wrong("a path has no null character");
  if (!windows) {
    if (hostname !== "") throw wrong(`a file: URL must name no host, got ${quote(hostname)}`);
    return path;
  }
  const backslashed = path.replaceAll("/", "\\");
  if (hostname !== "") return `\\\\${hostname}${backslashed}`;
  if (!/^\\[a-z]:/i.test(backslashed)) throw wrong("on Windows its path must begin with a drive");
  return backslashed.slice(1);
}

/** Whether a path does not change with the working folder. */
export function isAbsolute(path: string): boolean {
  return isWindows() ? /^([a-z]:)?[\\/]/i.test(path) : path.startsWith("/");
}

/** A path that does not change with the working folder. */
export function absolute(path: string): string {
  return isAbsolute(path) ? path : pathIn(Deno.cwd(), path);
}

/** Whether an error says that nothing has a path: there is no such name, or what is above it is a file. */
export function isNotThere(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
}

/** What is found at a path; `null` if nothing is there. @throws {PermissionError} If that may not be known. */
export async function ifThere<T>(found: Promise<T>): Promise<T | null> {
  try {
    return await found;
  } catch (error) {
    if (isNotThere(error)) return null;
    throw permissionError(error);
  }
}

/** The path of the folder that a file is in. */
export function folderOf(path: string): string {
  const end = Math.max(path.lastIndexOf("/"), isWindows() ? path.lastIndexOf("\\") : -1);
  return end < 0 ? "." : path.slice(0, end) || "/";
}
