/** Files that one process at a time has. */

import { isAt } from "../../../io/local/hub/file_lock.ts";
import { UsageError } from "../../options.ts";
import { writeError } from "./place.ts";

/** How often the lock is tried, and ms between: a process that is being started holds the locks of its parent for a while. */
const TRIES = 10;
const WAIT = 50;

/**
 * Opens a file beside an output, and locks it: no other process has it until it is closed. What is in it stays.
 *
 * @param path The path of the file.
 * @param options `output`: the path of the output, for messages. `create`: whether to make the file if there is none.
 * @returns `null` if there is none.
 * @throws {UsageError} If another process has it.
 * @throws {Error} If it cannot be opened.
 */
export async function openLocked(
  path: string,
  { output, create }: { output: string; create: boolean },
): Promise<Deno.FsFile | null> {
  for (let tries = 0; tries < TRIES; tries++) {
    if (tries > 0) await new Promise((resolve) => setTimeout(resolve, WAIT));
    const file = await opened(path, create);
    if (file === null) return null;
    let isOurs = false;
    try {
      // Whoever had it may have removed or renamed it since it was opened: then the lock is of a file without a name.
      isOurs = await file.tryLock(true) && await isAt(path, file);
    } catch (error) {
      throw writeError(path, error);
    } finally {
      if (!isOurs) file.close();
    }
    if (isOurs) return file;
  }
  throw new UsageError(`another process writes ${output} now: wait for it, or choose another --output`);
}

/** Removes a file that is locked, and then closes it, so that nobody can lock it in between. */
export async function removeLocked(path: string, file: Deno.FsFile): Promise<void> {
  await Deno.remove(path).catch(() => {}); // what cannot be removed is locked by the next run
  file.close();
}

async function opened(path: string, create: boolean): Promise<Deno.FsFile | null> {
  try {
    return await Deno.open(path, { read: true, write: true, create });
  } catch (error) {
    if (!create && error instanceof Deno.errors.NotFound) return null;
    throw writeError(path, error);
  }
}
