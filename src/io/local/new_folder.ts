/** Folders that are there as a whole, or not at all. */

import { quote } from "../../base/messages.ts";
import { pathIn } from "../folder/path.ts";
import { type FileSystem, LOCAL } from "./file_system.ts";
import { absolute, folderOf, ifThere, isNotThere, isWindows, pathOf } from "./paths.ts";
import type { NewFile } from "./saving.ts";
import { requestWriting } from "./writing_permission.ts";

/** What the name of a folder ends with while it is being written. */
const UNFINISHED = ".unfinished";

/** How a new folder is written. */
export interface NewFolderOptions {
  /** Looks at what was written, by its path, before it gets its name. What it throws is what the call fails with. */
  check(path: string): Promise<void>;
  /** Stops it. */
  signal?: AbortSignal | undefined;
  /** Where the folder is. Default: this machine. */
  system?: FileSystem;
}

/** Where a new folder is, and where it is until it is finished. */
interface NewFolder {
  readonly path: string;
  readonly temporary: string;
}

/**
 * Checks that a new folder can be written, so that nobody works for nothing.
 *
 * @throws {TypeError} If there is something at the path other than an empty folder, or the path ends in no name.
 * @throws {Error} If there is an unfinished folder beside it.
 * @throws {PermissionError} Without permission to write both.
 */
export async function checkNewFolder(where: string | URL): Promise<NewFolder> {
  const given = absolute(pathOf(where));
  const path = given.replace(isWindows() ? /(?<=.)[/\\]+$/ : /(?<=.)\/+$/, "");
  const cannot = `Cannot write ${quote(path)}`;
  if ([".", ".."].includes(path.split(isWindows() ? /[/\\]/ : "/").at(-1) as string)) {
    throw new TypeError(`${cannot}: it must end in the name of a new folder`);
  }
  const temporary = path + UNFINISHED;
  for (const folder of [path, temporary]) await requestWriting(folder, `write ${quote(`${where}`)}`);
  const info = await ifThere(Deno.lstat(path));
  if (info !== null && !info.isDirectory) {
    throw new TypeError(`${cannot}: it must be a new folder, and is a ${info.isSymlink ? "link" : "file"}`);
  }
  const names = info === null ? [] : await LOCAL.list(path);
  if (names.length > 0) {
    const files = names.length === 1 ? quote(names[0] as string) : `${names.length} files`;
    throw new TypeError(`${cannot}: it must be a new or an empty folder, and holds ${files}; choose another`);
  }
  if (await ifThere(Deno.lstat(temporary)) !== null) throw unfinished({ path, temporary });
  return { path, temporary };
}

/**
 * Writes a folder under the name `PATH.unfinished`, checks it, and gives it its own name, by one renaming. Whatever ends it,
 * there is never a part of it under that name. Needs permission to write both.
 *
 * @param files By plain names, or by paths of names with "/" between them.
 * @returns The path.
 * @throws As {@linkcode checkNewFolder}, before anything is written.
 */
export async function writeNewFolder(
  where: string | URL,
  files: Iterable<NewFile>,
  { check, signal, system = LOCAL }: NewFolderOptions,
): Promise<string> {
  const folder = await checkNewFolder(where);
  const { path, temporary } = folder;
  await claim(folder);
  const made = new Set<string>();
  try {
    for (const [name, parts] of files) {
      const file = pathIn(temporary, name);
      made.add(folderOf(file));
      await system.makeFolder(folderOf(file));
      await writeFile(system, file, parts, signal);
    }
    for (const folder of made) await system.syncFolder(folder);
    await check(temporary);
    signal?.throwIfAborted();
    await ifThere(Deno.remove(path)); // it is empty
    await system.rename(temporary, path);
  } catch (error) {
    await system.remove(temporary).catch(() => {}); // the first error is reported
    throw error;
  }
  await system.syncFolder(folderOf(path));
  return path;
}

/** Makes the unfinished folder: of several processes that want to, one does. */
async function claim(folder: NewFolder): Promise<void> {
  const { path, temporary } = folder;
  const make = async () => {
    try {
      await Deno.mkdir(temporary);
    } catch (error) {
      if (!isNotThere(error)) throw error;
      // The folders around it are made by way of the new one, as there is permission for these two alone.
      await Deno.mkdir(path, { recursive: true });
      await ifThere(Deno.remove(path));
      await Deno.mkdir(temporary);
    }
  };
  await naming(path, make()).catch((error) => {
    throw error.cause instanceof Deno.errors.AlreadyExists ? unfinished(folder) : error;
  });
}

function unfinished({ path, temporary }: NewFolder): Error {
  return new Error(
    `Cannot write ${quote(path)}: ${quote(temporary)} is there, in which another process writes it, or did until it ` +
      "was killed; if none does, remove it",
  );
}

async function writeFile(
  system: FileSystem,
  path: string,
  parts: Iterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const file = await system.create(path);
  try {
    for (const part of parts) {
      signal?.throwIfAborted();
      await naming(path, file.write(part));
    }
    await naming(path, file.sync());
  } finally {
    await file.close();
  }
}

/** Work for a path, which the system's error does not name, or not by the name that was given. */
async function naming(path: string, work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (cause) {
    throw new Error(`Cannot write ${quote(path)}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}
