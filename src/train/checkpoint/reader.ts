/** Finds the newest whole checkpoint, and reads its files. */

import { CheckpointError } from "../../base/errors.ts";
import { quote } from "../../base/messages.ts";
import { pathIn } from "../../io/folder/path.ts";
import { localFiles } from "../../io/folder/on_disk.ts";
import type { FileSystem } from "../../io/local/file_system.ts";
import { checkpointsAmong, MANIFEST, type Place } from "./layout.ts";
import { type FileEntry, type Manifest, parseManifest } from "./manifest.ts";
import { readManifest } from "./ownership.ts";
import { isNoFile } from "./system_errors.ts";

/** A checkpoint on the disk. */
export class Checkpoint {
  /** The folder that holds it. */
  readonly path: string;
  /** The step after which it was written. */
  readonly step: number;
  readonly #files: ReadonlyMap<string, FileEntry>;
  readonly #system: FileSystem;

  constructor(path: string, { step, files }: Manifest, system: FileSystem) {
    this.path = path;
    this.step = step;
    this.#files = new Map(files.map((file) => [file.name, file]));
    this.#system = system;
  }

  /** Names of its files, in the order in which they were written. */
  get names(): string[] {
    return [...this.#files.keys()];
  }

  /**
   * Reads a file whole.
   *
   * @throws {CheckpointError} If there is no such file, or if it is not what was written.
   */
  async read(name: string): Promise<Uint8Array<ArrayBuffer>> {
    const entry = this.#files.get(name);
    if (entry === undefined) {
      throw new CheckpointError(`Cannot read ${quote(name)} in ${quote(this.path)}: there is no such file`);
    }
    const bytes = new Uint8Array(entry.size);
    let at = 0;
    await this.#check(entry, (part) => {
      bytes.set(part, at);
      at += part.byteLength;
    });
    return bytes;
  }

  /**
   * Reads all files, and compares them with the manifest.
   *
   * @throws {CheckpointError} Naming the first that is missing or not what was written.
   */
  async check(): Promise<void> {
    for (const entry of this.#files.values()) await this.#check(entry, () => {});
  }

  /** Reads a file part by part. A part that does not fit the file's size is not handed on. */
  async #check({ name, size, sha256 }: FileEntry, take: (part: Uint8Array) => void): Promise<void> {
    const wrong = (what: string, cause?: unknown) => {
      const message = `Cannot read ${quote(name)} in ${quote(this.path)}: ${what}`;
      return new CheckpointError(message, cause === undefined ? undefined : { cause });
    };
    const { beginHash } = await localFiles(`read ${quote(this.path)}`);
    const hash = beginHash();
    let found = 0;
    try {
      for await (const part of this.#system.read(pathIn(this.path, name))) {
        found += part.byteLength;
        if (found > size) throw wrong(`it must be ${size} bytes long, and is longer`);
        hash.update(part);
        take(part);
      }
    } catch (error) {
      if (isNoFile(error)) throw wrong("the manifest lists it, and there is no such file", error);
      throw error;
    }
    if (found < size) throw wrong(`it must be ${size} bytes long, got ${found}`);
    const digest = hash.digest("hex");
    if (digest !== sha256) throw wrong(`its SHA-256 must be ${sha256}, got ${digest}`);
  }
}

/** What {@linkcode latestCheckpoint} finds. */
export interface Latest {
  /** The newest whole checkpoint; null if there is none. */
  readonly checkpoint: Checkpoint | null;
  /** What is wrong with those that are newer. */
  readonly problems: readonly CheckpointError[];
}

/**
 * The newest checkpoint of a folder whose files are all what was written; each is read for that. Those that a disk has
 * damaged are passed over.
 *
 * @throws {Error} If the folder cannot be read.
 */
export async function latestCheckpoint(
  folder: string,
  { system: given }: { system?: FileSystem } = {},
): Promise<Latest> {
  const system = given ?? (await localFiles(`read ${quote(folder)}`)).LOCAL;
  const problems: CheckpointError[] = [];
  for (const place of checkpointsAmong(await system.list(folder), folder)) {
    try {
      const checkpoint = await openCheckpoint(place, system);
      await checkpoint.check();
      return { checkpoint, problems };
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
      problems.push(error);
    }
  }
  return { checkpoint: null, problems };
}

/**
 * Opens a checkpoint by its manifest.
 *
 * @throws {CheckpointError} If it has none, or a wrong one.
 */
async function openCheckpoint({ step, path }: Place, system: FileSystem): Promise<Checkpoint> {
  const wrong = (what: string, cause?: unknown) => {
    const message = `Cannot read the checkpoint ${quote(path)}: ${what}`;
    return new CheckpointError(message, cause === undefined ? undefined : { cause });
  };
  const bytes = await readManifest(system, path);
  if (bytes === null) throw wrong(`it has no ${MANIFEST}`);
  try {
    const manifest = parseManifest(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (manifest.step !== step) throw new SyntaxError(`the manifest's step must be ${step}, got ${manifest.step}`);
    return new Checkpoint(path, manifest, system);
  } catch (error) {
    throw wrong(error instanceof SyntaxError ? error.message : "its manifest is no text", error);
  }
}
