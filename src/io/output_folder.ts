/** Folders that are written to. */

import { parseLocation } from "./location.ts";

/**
 * The path of a local folder, made where it does not exist.
 *
 * @throws {TypeError} If `where` is a URL that is not local.
 */
export async function makeFolder(where: string | URL): Promise<string> {
  const location = parseLocation(where);
  if (!("path" in location)) throw new TypeError(`Cannot save to "${where}": it must be a local folder`);
  await Deno.mkdir(location.path, { recursive: true });
  return location.path;
}
