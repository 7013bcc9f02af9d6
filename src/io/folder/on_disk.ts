/** The way to files of this machine: they need Deno, and are not loaded before a path is given. */

import { CheckpointError } from "../../base/errors.ts";
import { quote } from "../../base/messages.ts";
import { deno } from "../../base/runtime.ts";
import type { NewFile } from "../local/saving.ts";
import { parseLocation, withoutSecrets } from "./location.ts";

/** What `src/io/local/` has. */
export type LocalFiles = typeof import("../local/local.ts");

/**
 * Loads what reads and writes files of this machine.
 *
 * @param action What it is for, for the message: `open "models/mlm"`.
 * @param cure What else can be done in a browser.
 * @throws {CheckpointError} In a browser, or another runtime.
 */
export async function localFiles(action: string, cure?: string): Promise<LocalFiles> {
  if (deno() !== undefined) return await import("../local/local.ts");
  throw new CheckpointError(`Cannot ${action}: a path needs Deno${cure === undefined ? "" : `; ${cure}`}`);
}

/**
 * Writes files, each atomically, into a local folder, which is made if it does not exist.
 *
 * @param options `absent`: names of files that must not be there, as the others would mean something else beside them.
 * @returns Their paths.
 * @throws {TypeError} If the folder is a URL that is not local, or a file, or has a file that must not be there.
 * @throws {CheckpointError} In a browser.
 */
export async function saveFiles(
  where: string | URL,
  files: Iterable<NewFile>,
  options: { absent?: readonly string[] } = {},
): Promise<string[]> {
  const location = parseLocation(where);
  if (!("local" in location)) {
    throw new TypeError(`Cannot save to "${withoutSecrets(`${where}`)}": it must be a local folder`);
  }
  const { writeFiles } = await localFiles(`save to ${quote(`${where}`)}`, "a model's weights are in state_dict()");
  return await writeFiles(location.local, files, options);
}
