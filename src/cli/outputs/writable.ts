/** Files that are written when a command has done its work. */

import { quote } from "../../base/messages.ts";

/**
 * Finds out before the work whether a file can be written after it. What is in it stays.
 *
 * @param what What the file is, for the message: `report`.
 * @throws {Error} If it cannot be written.
 */
export async function checkWritable(what: string, path: string): Promise<void> {
  try {
    const isNew = await Deno.lstat(path).then(() => false, () => true);
    const info = isNew ? null : await Deno.stat(path);
    if (info?.isFifo || info?.isSocket) throw new Error("it must be a file, and is a pipe"); // nobody may be reading
    (await Deno.open(path, { append: true, create: true })).close();
    if (isNew) await Deno.remove(path);
  } catch (cause) {
    throw new Error(`Cannot write the ${what} ${quote(path)}: ${(cause as Error).message}`, { cause });
  }
}
