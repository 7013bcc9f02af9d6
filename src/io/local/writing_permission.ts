/** The permissions that writing takes, asked for before anything is written. */

import { PermissionError } from "../../base/errors.ts";
import { permissionFlag } from "../../base/runtime.ts";

/**
 * Asks for the permissions to write in a folder: to read it too, as a file is written under a temporary name and renamed.
 *
 * @param action What is done, for the message: `save to "models/mlm"`.
 * @throws {PermissionError} If one is missing, and nobody can be asked or grants it; the message names the flags.
 */
export async function requestWriting(folder: string, action: string): Promise<void> {
  for (const name of ["read", "write"] as const) {
    const { state } = await Deno.permissions.request({ name, path: folder });
    if (state !== "granted") throw new PermissionError(`Cannot ${action}: it takes ${writingFlags(folder)}`);
  }
}

/** The flags that permit writing in a folder. */
export function writingFlags(folder: string): string {
  return `${permissionFlag("read", folder)} ${permissionFlag("write", folder)}`;
}
