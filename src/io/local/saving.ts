/** Folders that are written to. */

import { quote } from "../../base/messages.ts";
import { pathIn } from "../folder/path.ts";
import { writeAtomically } from "./atomic_write.ts";
import { folderOf, ifThere, pathOf } from "./paths.ts";
import { requestWriting } from "./writing_permission.ts";

/** A file that is to be written: its name, with the folders that it is in as `a/b`, and its bytes in parts. */
export type NewFile = readonly [name: string, parts: Iterable<Uint8Array>];

/**
 * Writes files, each atomically, into a folder, which is made if it does not exist.
 *
 * @param options `absent`: names of files that must not be there.
 * @returns Their paths.
 * @throws {TypeError} If the folder is a file, or has one that must not be there.
 * @throws {PermissionError} Without permission to read and write there, before anything is written.
 */
export async function writeFiles(
  where: string | URL,
  files: Iterable<NewFile>,
  { absent = [] }: { absent?: readonly string[] } = {},
): Promise<string[]> {
  const folder = pathOf(where);
  const action = `save to ${quote(`${where}`)}`;
  await makeFolder(folder, action);
  for (const name of absent) {
    if (await ifThere(Deno.lstat(pathIn(folder, name))) === null) continue;
    throw new TypeError(
      `Cannot ${action}: it has ${
        quote(name)
      } of another model, which would change what is saved; remove it, or save to ` +
        "another folder",
    );
  }
  const paths: string[] = [];
  for (const [name, parts] of files) {
    const path = pathIn(folder, name);
    if (name.includes("/")) await makeFolder(folderOf(path), `save to ${quote(path)}`);
    await writeAtomically(path, parts);
    paths.push(path);
  }
  return paths;
}

/**
 * Makes a folder, and those that it is in, unless it is there.
 *
 * @param action What it is made for, for messages.
 * @throws {TypeError} If it is a file.
 * @throws {PermissionError} Without permission to read and write there.
 */
export async function makeFolder(path: string, action: string): Promise<void> {
  await requestWriting(path, action);
  try {
    await Deno.mkdir(path, { recursive: true });
  } catch (cause) {
    if (!(cause instanceof Deno.errors.AlreadyExists)) throw cause;
    throw new TypeError(`Cannot ${action}: it must be a folder, and is a file`, { cause });
  }
}
