/** What checkpoints need of a file system. Tests put another in its place, which records, fails or is full. */

import { deno } from "../../base/runtime.ts";

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

/** Node's file system. It is loaded when it is used: loading it touches the runtime. */
const files = () => import("node:fs/promises");

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
    await (await files()).mkdir(path, { recursive: true });
  },

  async create(path) {
    const file = await (await files()).open(path, "wx");
    return {
      async write(bytes) {
        let written = 0;
        while (written < bytes.byteLength) written += (await file.write(bytes, written)).bytesWritten;
      },
      sync: () => file.sync(),
      close: () => file.close(),
    };
  },

  async *read(path) {
    const file = await (await files()).open(path, "r");
    try {
      while (true) {
        const { bytesRead, buffer } = await file.read(new Uint8Array(PART), 0, PART, null);
        if (bytesRead === 0) return;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  },

  async list(path) {
    try {
      return await (await files()).readdir(path);
    } catch (error) {
      if (codeOf(error) === "ENOENT") return [];
      throw error;
    }
  },

  async rename(from, to) {
    await (await files()).rename(from, to);
  },

  async syncFolder(path) {
    if (deno()?.build.os === "windows") return; // Windows opens no folders; it keeps the order of their changes by a journal.
    const folder = await (await files()).open(path, "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  },

  async remove(path) {
    await (await files()).rm(path, { recursive: true, force: true });
  },

  async lock(path) {
    // node:fs has no locks. This one is the operating system's, so it ends with the process, however that ends.
    const file = await Deno.open(path, { read: true, write: true, create: true });
    for (let tries = 0; tries < LOCK_TRIES; tries++) {
      if (await file.tryLock(true)) return { release: () => file.close() };
      await new Promise((resolve) => setTimeout(resolve, LOCK_WAIT));
    }
    file.close();
    return null;
  },
};

/** Whether a path could not be read since no file is there: nothing at all, a folder, or something below a file. */
export function isNoFile(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR", "EISDIR"].includes(codeOf(error) ?? "");
}

/** The code of a system's error, such as `ENOSPC`. */
export function codeOf(error: unknown): string | undefined {
  const { code } = Object(error) as { code?: unknown };
  return typeof code === "string" ? code : undefined;
}
