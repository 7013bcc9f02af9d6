/**
 * What the checkpoints of a training need of a file system. Tests put another in its place, which records, fails or is
 * full.
 */

import { quote } from "../../base/messages.ts";
import { writeAll } from "./atomic_write.ts";
import { isWindows } from "./paths.ts";
import { makeFolder } from "./saving.ts";

/** A file that is being written. */
export interface WrittenFile {
  /** Appends all of the bytes. */
  write(bytes: Uint8Array): Promise<void>;
  /** Waits until what was written is on the disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The operations of a file system, by paths. */
export interface FileSystem {
  /** Makes a folder, and those around it; it may be there already. */
  makeFolder(path: string): Promise<void>;
  /** Creates a file that must not exist. */
  create(path: string): Promise<WrittenFile>;
  /** The bytes of a file, part by part. */
  read(path: string): AsyncIterable<Uint8Array>;
  /** Names of what is in a folder; none if there is no such folder. */
  list(path: string): Promise<string[]>;
  /** Renames a folder; there must be none of the new name that holds anything. */
  rename(from: string, to: string): Promise<void>;
  /** Waits until the names in a folder are on the disk. */
  syncFolder(path: string): Promise<void>;
  /** Removes a folder with all that is in it. */
  remove(path: string): Promise<void>;
  /** Locks a file, which is created if there is none, until it is released or the process ends; null if it is locked. */
  lock(path: string): Promise<{ release(): void } | null>;
}

/** Bytes of a part that is read at once. */
const PART = 1 << 20;

/**
 * How often a lock is tried, and ms between. A process that is being started holds the locks of the one that starts it,
 * released ones too, for some milliseconds.
 */
const LOCK_TRIES = 10;
const LOCK_WAIT = 50;

/** The file system of this machine. Needs read and write permission for the folder of the checkpoints. */
export const LOCAL: FileSystem = {
  async makeFolder(path) {
    await makeFolder(path, `make the folder ${quote(path)}`);
  },

  async create(path) {
    const file = await Deno.open(path, { write: true, createNew: true });
    return {
      write: (bytes) => writeAll(file, bytes),
      sync: () => file.sync(),
      close: () => Promise.try(() => file.close()),
    };
  },

  async *read(path) {
    using file = await Deno.open(path);
    while (true) {
      const part = new Uint8Array(PART);
      const count = await file.read(part);
      if (count === null) return;
      yield part.subarray(0, count);
    }
  },

  async list(path) {
    try {
      return (await Array.fromAsync(Deno.readDir(path))).map(({ name }) => name);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  },

  async rename(from, to) {
    await Deno.rename(from, to);
  },

  async syncFolder(path) {
    if (isWindows()) return; // Windows opens no folders; it keeps the order of their changes by a journal.
    using folder = await Deno.open(path);
    await folder.sync();
  },

  async remove(path) {
    try {
      await Deno.remove(path, { recursive: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  },

  async lock(path) {
    // The lock is the operating system's, so it ends with the process, however that ends.
    const file = await Deno.open(path, { read: true, write: true, create: true });
    for (let tries = 0; tries < LOCK_TRIES; tries++) {
      if (await file.tryLock(true)) return { release: () => file.close() };
      await new Promise((resolve) => setTimeout(resolve, LOCK_WAIT));
    }
    file.close();
    return null;
  },
};
