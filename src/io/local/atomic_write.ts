/** Writing files so that no reader ever sees half of one. */

import { quote } from "../../base/messages.ts";
import { folderOf, pathOf } from "./paths.ts";
import { requestWriting } from "./writing_permission.ts";

/**
 * Writes `parts`, one after the other, as the file `path`: under a temporary name beside it, synced to the disk, then
 * renamed. Whatever goes wrong, a file that was there before is left as it was. Needs read and write permission for the
 * folder that it is in.
 *
 * @throws {PermissionError} Without that permission.
 * @throws {TypeError} If there is something else than a file. Of a link the file that it leads to is written.
 */
export async function writeAtomically(path: string | URL, parts: Iterable<Uint8Array>): Promise<void> {
  const named = pathOf(path);
  await requestWriting(folderOf(named), `write ${quote(named)}`);
  const target = await regularFile(named);
  const temporary = `${target}.${crypto.randomUUID()}.tmp`;
  try {
    {
      using file = await Deno.open(temporary, { write: true, createNew: true });
      for (const part of parts) await writeAll(file, part);
      await file.sync();
    }
    await Deno.rename(temporary, target);
  } catch (error) {
    // The first error is reported; often there is no temporary file to remove.
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}

/** The file that a path leads to, or will. @throws {TypeError} If there is something else. */
async function regularFile(path: string): Promise<string> {
  const info = await Deno.stat(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  });
  if (info === null) return path;
  if (!info.isFile) throw new TypeError(`Cannot write ${quote(path)}: it must be a file, or not be there`);
  return (await Deno.lstat(path)).isSymlink ? await Deno.realPath(path) : path;
}

/** Writes all of `bytes`, however many of them each write takes. */
export async function writeAll(
  file: { write(bytes: Uint8Array): Promise<number> },
  bytes: Uint8Array,
): Promise<void> {
  let written = 0;
  while (written < bytes.byteLength) written += await file.write(bytes.subarray(written));
}
