/** A whole file, by its path or its URL. */

import { quote } from "../../base/messages.ts";
import { readBody, requestFile } from "./http_file.ts";
import { parseLocation } from "./location.ts";
import { localFiles } from "./on_disk.ts";

/** The bytes of a file; `null` if there is none. @throws {CheckpointError} If it cannot be read, or is local and this is a browser. */
export async function findWholeFile(where: string | URL): Promise<Uint8Array | null> {
  const location = parseLocation(where);
  if ("local" in location) {
    const { readWhole } = await localFiles(`read ${quote(`${where}`)}`, "give a URL");
    return await readWhole(location.local);
  }
  const response = await requestFile(location.url);
  return response === undefined ? null : await readBody(response);
}
