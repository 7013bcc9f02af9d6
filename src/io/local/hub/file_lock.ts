/** Locks between processes, of any language: `flock` on a file that stays. */

import { ifThere } from "../paths.ts";

/** Pauses between tries, in ms: the first, and the longest. */
const FIRST_PAUSE = 20;
const LONGEST_PAUSE = 200;

/** A lock that is held. */
export interface FileLock extends Disposable {
  /** Whether the file system knows locks: if not, others may be at work. */
  readonly isHeld: boolean;
}

/**
 * Waits until nobody else holds a lock, and takes it. The process's end releases it too, however it ends.
 *
 * `file.lock()` would wait in a thread that no signal ends, so the lock is tried again and again.
 */
export async function lockFile(path: string, signal: AbortSignal | undefined): Promise<FileLock> {
  for (let pause = FIRST_PAUSE;; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    signal?.throwIfAborted();
    const file = await Deno.open(path, { read: true, write: true, create: true, mode: 0o664 });
    const isHeld = await file.tryLock(true).catch(() => null);
    if (isHeld === null || (isHeld && await isAt(path, file))) {
      return { isHeld: isHeld !== null, [Symbol.dispose]: () => file.close() };
    }
    file.close();
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/** Whether a file still is the one at its path: one that was removed locks nobody out. */
async function isAt(path: string, file: Deno.FsFile): Promise<boolean> {
  const now = await ifThere(Deno.stat(path));
  const own = await file.stat();
  return now !== null && now.ino === own.ino && now.dev === own.dev;
}
