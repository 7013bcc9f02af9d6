/** Locks between processes, of any language: `flock` on a file that stays. */

import { ifThere } from "../paths.ts";

/** Pauses between tries, in ms: the first, and the longest. */
const FIRST_PAUSE = 20;
const LONGEST_PAUSE = 200;

/** Who waits for longer, in ms, is told why. */
const PATIENCE = 10_000;

/** A lock that is held. */
export interface FileLock extends Disposable {
  /** Whether the file system knows locks: if not, others may be at work. */
  readonly isHeld: boolean;
}

/** How locks are waited for. */
export interface LockOptions {
  /** Ends the waiting. */
  readonly signal?: AbortSignal | undefined;
  /** Called once if it takes long. */
  onWait?(): void;
  /** After so many ms. @default 10,000 */
  readonly patience?: number;
}

/**
 * Waits until nobody else holds a lock, and takes it. The process's end releases it too, however it ends.
 *
 * `file.lock()` would wait in a thread that no signal ends, so the lock is tried again and again.
 */
export async function lockFile(
  path: string,
  { signal, onWait, patience = PATIENCE }: LockOptions = {},
): Promise<FileLock> {
  const begun = performance.now();
  let isTold = false;
  for (let pause = FIRST_PAUSE;; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    signal?.throwIfAborted();
    const lock = await tryLock(path);
    if (lock !== null) return lock;
    if (!isTold && performance.now() - begun >= patience) {
      isTold = true;
      onWait?.();
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/** Takes a lock; `null` if another process has it. */
async function tryLock(path: string): Promise<FileLock | null> {
  const file = await Deno.open(path, { read: true, write: true, create: true, mode: 0o664 });
  try {
    const isHeld = await file.tryLock(true).catch(() => null);
    if (isHeld === null || (isHeld && await isAt(path, file))) {
      return { isHeld: isHeld !== null, [Symbol.dispose]: () => file.close() };
    }
  } catch (error) {
    file.close();
    throw error;
  }
  file.close();
  return null;
}

/** Whether a file still is the one at its path: one that was removed locks nobody out. */
export async function isAt(path: string, file: Deno.FsFile): Promise<boolean> {
  const now = await ifThere(Deno.stat(path));
  const own = await file.stat();
  return now !== null && now.ino === own.ino && now.dev === own.dev;
}
