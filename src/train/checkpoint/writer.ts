/** Writes the files of a checkpoint so that it is there as a whole or not at all. */

import { quote } from "../../base/messages.ts";
import { pathIn } from "../../io/folder/path.ts";
import { localFiles } from "../../io/folder/on_disk.ts";
import type { FileSystem } from "../../io/local/file_system.ts";
import { checkpointName, checkStep, MANIFEST, nameProblem, replacedName, temporaryName } from "./layout.ts";
import { type FileEntry, manifestText } from "./manifest.ts";

/** A file of a checkpoint: its bytes, whole or part by part. Parts are asked for when the one before is written. */
export interface CheckpointFile {
  readonly name: string;
  readonly data: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/**
 * Writes a checkpoint into `folder`, as a folder of its own. This makes it last: each file is synced, the manifest is
 * written and synced after them, then the new folder is synced. Only then does it get its name, and `folder` is synced.
 *
 * @param checkpoint What {@linkcode checkCheckpoint} lets pass.
 * @returns The path of the checkpoint.
 */
export async function writeCheckpoint(
  system: FileSystem,
  folder: string,
  { step, files, replaces }: { step: number; files: readonly CheckpointFile[]; replaces: boolean },
): Promise<string> {
  const temporary = pathIn(folder, temporaryName(step));
  const path = pathIn(folder, checkpointName(step));
  try {
    await system.makeFolder(temporary);
    const entries: FileEntry[] = [];
    for (const file of files) entries.push(await writeFile(system, temporary, file));
    const manifest = new TextEncoder().encode(manifestText({ step, files: entries }));
    await writeFile(system, temporary, { name: MANIFEST, data: manifest });
    await system.syncFolder(temporary);
    const before = pathIn(folder, replacedName(step));
    if (replaces) await system.rename(path, before);
    try {
      await system.rename(temporary, path);
    } catch (error) {
      if (replaces) await system.rename(before, path);
      throw error;
    }
    await system.syncFolder(folder);
    if (replaces) await system.remove(before);
    return path;
  } catch (error) {
    // The first error is reported. What cannot be removed now goes when the folder is opened again.
    await system.remove(temporary).catch(() => {});
    throw error;
  }
}

async function writeFile(system: FileSystem, folder: string, { name, data }: CheckpointFile): Promise<FileEntry> {
  const { beginHash } = await localFiles(`write to ${quote(folder)}`);
  const hash = beginHash();
  let size = 0;
  const file = await system.create(pathIn(folder, name));
  try {
    for await (const part of data instanceof Uint8Array ? [data] : data) {
      await file.write(part);
      hash.update(part);
      size += part.byteLength;
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { name, size, sha256: hash.digest("hex") };
}

/**
 * Checks a step and the names of its files.
 *
 * @throws {RangeError} If the step is no whole number.
 * @throws {TypeError} If a name is wrong.
 */
export function checkCheckpoint(step: number, files: readonly CheckpointFile[]): void {
  checkStep(step);
  const seen = new Set<string>();
  for (const { name } of files) {
    const problem = nameProblem(name) ?? (seen.has(name) ? `there are two files ${name}` : null);
    if (problem !== null) throw new TypeError(`Cannot write a checkpoint: ${problem}`);
    seen.add(name);
  }
}
