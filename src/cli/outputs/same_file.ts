/** Whether two paths are of one file. */

import { basename, dirname, join, resolve } from "node:path";

/** Whether two paths are of one file, be it there or not, by whatever links. */
export async function isSameFile(path: string, other: string): Promise<boolean> {
  const [info, found] = [await infoOf(path), await infoOf(other)];
  if (info === null || found === null) return info === found && await realPathOf(path) === await realPathOf(other);
  if (info.ino !== null && found.ino !== null) return info.ino === found.ino && info.dev === found.dev;
  return await Deno.realPath(path) === await Deno.realPath(other); // Windows may not number files
}

async function infoOf(path: string): Promise<Deno.FileInfo | null> {
  return await Deno.stat(path).catch(() => null);
}

/** The path that a file which is not there would have. */
async function realPathOf(path: string): Promise<string> {
  const whole = resolve(path);
  const folder = await Deno.realPath(dirname(whole)).catch(() => dirname(whole));
  return join(folder, basename(whole));
}
