/** Folders that are written to. */

import { parseLocation } from "./location.ts";

/**
 * The path of a local folder, which is created if it does not exist.
 *
 * @throws {TypeError} If `where` is a URL that is not local, or a file.
 */
export async function makeFolder(where: string | URL): Promise<string> {
  const location = parseLocation(where);
  if (!("path" in location)) throw new TypeError(`Cannot save to "${where}": it must be a local folder`);
  try {
    await Deno.mkdir(location.path, { recursive: true });
  } catch (cause) {
    if (!(cause instanceof Deno.errors.AlreadyExists)) throw cause;
    throw new TypeError(`Cannot save to "${where}": it must be a folder, and is a file`, { cause });
  }
  return location.path;
}
