/** One repository in the cache. */

import { pathIn } from "../../folder/path.ts";
import { isCommit } from "../../hub/names.ts";
import { isOn } from "../environment.ts";
import { folderOf, isNotThere } from "../paths.ts";
import { requestWriting } from "../writing_permission.ts";
import { lockFolder, newPartialName, repositoryFolder } from "./cache_places.ts";

/** What Python's library puts there, for programs that back files up. */
const CACHE_TAG = `Signature: 8a477f597d28d172789f06886806bc55
# This file is a cache directory tag created by huggingface_hub.
# For information about cache directory tags, see:
#\thttps://bford.info/cachedir/
`;

/** A file in the cache: its path; `"absent"` if it is known that there is none; `null` if nothing is known. */
export type Cached = { path: string } | "absent" | null;

/** The folder of a repository in the cache. Reading needs read permission for the cache, writing both. */
export class RepositoryCache {
  readonly cache: string;
  readonly id: string;
  /** The folder of the repository. */
  readonly folder: string;

  constructor(cache: string, id: string) {
    this.cache = cache;
    this.id = id;
    this.folder = repositoryFolder(cache, id);
  }

  /** The commit that a revision was when it was last asked for; `null` if that is not known. */
  async commitOf(revision: string): Promise<string | null> {
    try {
      const text = (await Deno.readTextFile(this.#in("refs", revision))).trim();
      return isCommit(text) ? text : null;
    } catch (error) {
      if (isNotThere(error) || error instanceof Deno.errors.IsADirectory) return null;
      throw error;
    }
  }

  /** The folder of a commit. */
  snapshot(commit: string): string {
    return this.#in("snapshots", commit);
  }

  /** The file that holds the bytes of an ETag. */
  blob(etag: string): string {
    return this.#in("blobs", etag);
  }

  /** The folder of blobs. */
  get blobs(): string {
    return pathIn(this.folder, "blobs");
  }

  async find(commit: string, file: string): Promise<Cached> {
    const path = pathIn(this.snapshot(commit), file);
    if (await sizeAt(path) !== null) return { path };
    return await sizeAt(this.#absence(commit, file)) === null ? null : "absent";
  }

  /** Makes the folders that a download needs. @throws If they cannot be made. */
  async prepare(what: string): Promise<void> {
    await requestWriting(this.cache, `download ${what} into the cache`);
    await Deno.mkdir(this.blobs, { recursive: true });
    await Deno.mkdir(lockFolder(this.cache, this.id), { recursive: true });
    const tag = new TextEncoder().encode(CACHE_TAG);
    await Deno.writeFile(pathIn(this.cache, "CACHEDIR.TAG"), tag, { createNew: true }).catch(() => {});
  }

  /** Remembers which commit a revision is. A cache that cannot be written is no error: the Hub is asked again. */
  async remember(revision: string, commit: string): Promise<void> {
    if (isCommit(revision)) return;
    await ignoringFailure(async () => {
      const path = this.#in("refs", revision);
      if (await this.commitOf(revision).catch(() => null) === commit) return;
      await Deno.mkdir(folderOf(path), { recursive: true });
      const temporary = pathIn(this.folder, `${crypto.randomUUID()}.tmp`);
      await Deno.writeTextFile(temporary, commit);
      await Deno.rename(temporary, path);
    });
  }

  /** Remembers that a commit has no such file. A cache that cannot be written is no error. */
  async rememberAbsence(commit: string, file: string): Promise<void> {
    await ignoringFailure(async () => {
      const path = this.#absence(commit, file);
      await Deno.mkdir(folderOf(path), { recursive: true });
      await Deno.writeFile(path, new Uint8Array(), { createNew: true });
    });
  }

  /** Puts a blob into the folder of a commit under the name of its file. */
  async link(commit: string, file: string, etag: string): Promise<string> {
    const path = pathIn(this.snapshot(commit), file);
    await Deno.mkdir(folderOf(path), { recursive: true });
    if (await sizeAt(path) !== null) return path;
    const target = `${"../".repeat(file.split("/").length + 1)}blobs/${etag}`;
    const make = (at: string) => this.#linkTo(target, this.blob(etag), at);
    try {
      await make(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
      if (await sizeAt(path) !== null) return path; // another process was faster
      const temporary = pathIn(this.folder, `${crypto.randomUUID()}.tmp`); // a broken link is replaced
      await make(temporary);
      await Deno.rename(temporary, path);
    }
    return path;
  }

  /**
   * Symbolic links are what Python's library makes. Deno makes none with permissions for some folders only, and Windows
   * none for most users: then it is a second name of the same file, or at worst a copy.
   */
  async #linkTo(target: string, blob: string, path: string): Promise<void> {
    if (!isOn("HF_HUB_DISABLE_SYMLINKS")) {
      try {
        return await Deno.symlink(target, path, { type: "file" });
      } catch (error) {
        if (error instanceof Deno.errors.AlreadyExists) throw error;
      }
    }
    const real = await Deno.realPath(blob);
    try {
      await Deno.link(real, path);
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) throw error;
      const copy = pathIn(this.blobs, newPartialName(blob.slice(-40)));
      await Deno.copyFile(real, copy);
      await Deno.rename(copy, path);
    }
  }

  #absence(commit: string, file: string): string {
    return pathIn(this.#in(".no_exist", commit), file);
  }

  #in(kind: string, name: string): string {
    return pathIn(pathIn(this.folder, kind), name);
  }
}

/** The size of the file at a path, through links; `null` if there is none, such as behind a broken link. */
export async function sizeAt(path: string): Promise<number | null> {
  try {
    const { isFile, size } = await Deno.stat(path);
    return isFile ? size : null;
  } catch (error) {
    if (isNotThere(error) || error instanceof Deno.errors.FilesystemLoop) return null;
    throw error;
  }
}

async function ignoringFailure(work: () => Promise<void>): Promise<void> {
  await work().catch(() => {});
}
