/** The folder into which one trainer writes its checkpoints. */

import { quote } from "../../base/messages.ts";
import { pathIn } from "../../io/folder/path.ts";
import { localFiles } from "../../io/folder/on_disk.ts";
import type { FileSystem } from "../../io/local/file_system.ts";
import {
  checkpointName,
  checkpointsAmong,
  leftoversAmong,
  LOCK,
  type Place,
  replacedAmong,
  temporaryName,
} from "./layout.ts";
import { isOurs } from "./ownership.ts";
import { type Latest, latestCheckpoint } from "./reader.ts";
import { codeOf } from "./system_errors.ts";
import { checkCheckpoint, type CheckpointFile, writeCheckpoint } from "./writer.ts";

/** What {@linkcode CheckpointFolder.open} takes. */
export interface CheckpointFolderOptions {
  /** Checkpoints that are kept, at least 1; all if it is Infinity. Default: 2. */
  keep?: number;
  /** Where the folder is. */
  system?: FileSystem;
}

/** A folder of checkpoints, locked for one trainer until it is disposed of. */
export class CheckpointFolder implements Disposable {
  readonly path: string;
  readonly #keep: number;
  readonly #system: FileSystem;
  readonly #lock: { release(): void };
  #isWriting = false;
  #isDisposed = false;

  private constructor(path: string, { keep, system }: Required<CheckpointFolderOptions>, lock: { release(): void }) {
    this.path = path;
    this.#keep = keep;
    this.#system = system;
    this.#lock = lock;
  }

  /**
   * Locks a folder, which is made if it does not exist, and removes what a trainer left there that was killed.
   *
   * @throws {RangeError} If `keep` is not 1 or more.
   * @throws {Error} If another trainer has the folder.
   */
  static async open(
    path: string,
    { keep = 2, system: given }: CheckpointFolderOptions = {},
  ): Promise<CheckpointFolder> {
    if (!(keep === Infinity || Number.isInteger(keep) && keep >= 1)) {
      throw new RangeError(`Cannot keep checkpoints in ${quote(path)}: keep must be 1 or more, got ${keep}`);
    }
    const system = given ?? (await localFiles(`train in ${quote(path)}`)).LOCAL;
    await system.makeFolder(path);
    const lock = await system.lock(pathIn(path, LOCK));
    if (lock === null) {
      throw new Error(
        `Cannot train in ${
          quote(path)
        }: another trainer writes its checkpoints there; wait for it, or choose another ` +
          "folder",
      );
    }
    try {
      await tidy(system, path);
    } catch (error) {
      lock.release();
      throw error;
    }
    return new CheckpointFolder(path, { keep, system }, lock);
  }

  /** The newest whole checkpoint. */
  latest(): Promise<Latest> {
    return latestCheckpoint(this.path, { system: this.#system });
  }

  /**
   * Writes the checkpoint of a step, and then removes those that are too many. At every moment, whatever ends the
   * process, the folder holds the newest whole checkpoint or the one before. A damaged checkpoint of the same step is
   * replaced. What is not ours is never removed, even if it has a checkpoint's name.
   *
   * @param options `keeps`: the steps whose checkpoints stay beside this one; left out, they are the newest. `replaces`:
   *   there may be one of the step; it stays until the new one is whole.
   * @returns The path of the checkpoint.
   * @throws {RangeError | TypeError} If the step or a name is wrong.
   * @throws {Error} If there is a whole checkpoint of that step or a later one, if something of another program has the
   *   name of one, if one is being written, or if the disk is full or fails. The checkpoints that were there are then as
   *   they were.
   */
  async write(
    step: number,
    files: readonly CheckpointFile[],
    { keeps, replaces = false }: { keeps?: readonly number[]; replaces?: boolean } = {},
  ): Promise<string> {
    checkCheckpoint(step, files);
    const where = `Cannot write the checkpoint of step ${step} to ${quote(this.path)}`;
    if (this.#isDisposed) throw new Error(`${where}: the folder was closed`);
    if (this.#isWriting) throw new Error(`${where}: another one is being written; wait for it`);
    this.#isWriting = true;
    try {
      const { before, replaced } = await this.#makeRoom(step, { where, replaces });
      const path = await writeCheckpoint(this.#system, this.path, { step, files, replaces: replaced }).catch(
        (error) => {
          throw describe(error, where, before);
        },
      );
      await this.#prune({ keeps: keeps && [...keeps, step] });
      return path;
    } finally {
      this.#isWriting = false;
      if (this.#isDisposed) this.#lock.release();
    }
  }

  /** Removes our checkpoints up to a step, but for those of some steps. */
  async prune(keeps: readonly number[], { upTo }: { upTo: number }): Promise<void> {
    await this.#prune({ keeps, upTo });
  }

  /** Unlocks the folder, after the checkpoint that is being written. */
  [Symbol.dispose](): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    if (!this.#isWriting) this.#lock.release();
  }

  /**
   * Moves our checkpoints of this step and later ones away if they are damaged. Gives our last one before it, and whether
   * there is one of the step that is to be replaced.
   */
  async #makeRoom(
    step: number,
    { where, replaces }: { where: string; replaces: boolean },
  ): Promise<{ before: Place | null; replaced: boolean }> {
    const places = checkpointsAmong(await this.#system.list(this.path), this.path);
    const own = places.find((place) => place.step === step);
    const replaced = replaces && own !== undefined && await isOurs(this.#system, own);
    const later = places.filter((place) => place.step > step || place === own && !replaced);
    if (later.length > 0) {
      const { checkpoint } = await this.latest();
      if (checkpoint !== null && later.some((place) => place.step === checkpoint.step)) {
        throw new Error(`${where}: there is the one of step ${checkpoint.step} already; go on from it, or remove it`);
      }
      const ours = await this.#oursAmong(later);
      const foreign = later.find((place) => !ours.includes(place));
      if (foreign !== undefined) {
        throw new Error(
          `${where}: ${
            checkpointName(foreign.step)
          } there is no checkpoint of a TrainingFolder; move it away, or choose ` +
            "another folder",
        );
      }
      for (const place of ours) await this.#remove(place);
    }
    for (const place of places) {
      if (place.step < step && await isOurs(this.#system, place)) return { before: place, replaced };
    }
    return { before: null, replaced };
  }

  async #oursAmong(places: readonly Place[]): Promise<Place[]> {
    const areOurs = await Promise.all(places.map((place) => isOurs(this.#system, place)));
    return places.filter((_, i) => areOurs[i]);
  }

  async #prune(
    { keeps, upTo = Infinity }: { keeps: readonly number[] | undefined; upTo?: number },
  ): Promise<void> {
    const places = checkpointsAmong(await this.#system.list(this.path), this.path);
    const old = keeps === undefined
      ? places.length <= this.#keep ? [] : (await this.#oursAmong(places)).slice(this.#keep)
      : await this.#oursAmong(places.filter(({ step }) => step <= upTo && !keeps.includes(step)));
    for (const place of old) await this.#remove(place);
  }

  /** Removes a checkpoint. It loses its name first, so that no half of it is taken for one. */
  async #remove({ step, path }: Place): Promise<void> {
    const temporary = pathIn(this.path, temporaryName(step));
    await this.#system.rename(path, temporary);
    await this.#system.syncFolder(this.path);
    await this.#system.remove(temporary);
  }
}

/** Removes what a trainer left that was killed, and puts a checkpoint back that it was about to replace. */
async function tidy(system: FileSystem, folder: string): Promise<void> {
  const names = await system.list(folder);
  for (const leftover of leftoversAmong(names, folder)) await system.remove(leftover);
  for (const place of replacedAmong(names, folder)) {
    if (!await isOurs(system, place)) continue;
    const name = checkpointName(place.step);
    if (names.includes(name)) await system.remove(place.path);
    else await system.rename(place.path, pathIn(folder, name));
  }
}

/** The error of a checkpoint that could not be written, if the disk is why. */
function describe(error: unknown, where: string, before: Place | null): unknown {
  const code = codeOf(error);
  if (code !== "ENOSPC" && code !== "EDQUOT") return error;
  const last = before === null ? "there is none before it" : `${checkpointName(before.step)} is as it was`;
  return new Error(`${where}: the disk is full, or the quota is used up; ${last}. Free some space, or keep fewer`, {
    cause: error,
  });
}
