/** The permissions that writing takes, asked for before anything is written. */

/**
 * Asks for the permissions to write in a folder: to read it too, as a file is written under a temporary name and renamed.
 *
 * @param action What is done, for the message: `save to "models/mlm"`.
 * @throws {Deno.errors.NotCapable} If one is missing, and nobody can be asked or grants it; the message names the flags.
 */
export async function requestWriting(folder: string, action: string): Promise<void> {
  for (const name of ["read", "write"] as const) {
    const { state } = await Deno.permissions.request({ name, path: folder });
    if (state !== "granted") throw new Deno.errors.NotCapable(`Cannot ${action}: it takes ${writingFlags(folder)}`);
  }
}

/** The flags that permit writing in a folder. */
export function writingFlags(folder: string): string {
  const value = /^[\w./:\\-]+$/.test(folder) ? folder : JSON.stringify(folder);
  return `--allow-read=${value} --allow-write=${value}`;
}
