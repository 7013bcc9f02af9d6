/** Where things are in the cache, as Python's `huggingface_hub` lays it out. */

import { pathIn } from "../../folder/path.ts";

/** How folders of models begin. */
const MODELS = "models--";

/** The folder of a repository in a cache. */
export function repositoryFolder(cache: string, id: string): string {
  return pathIn(cache, MODELS + id.replaceAll("/", "--"));
}

/** The folder of the locks of a repository. */
export function lockFolder(cache: string, id: string): string {
  return pathIn(pathIn(cache, ".locks"), MODELS + id.replaceAll("/", "--"));
}

/** The id of the repository that a folder is of; `null` if it is of none with models. */
export function idOfFolder(name: string): string | null {
  const id = name.startsWith(MODELS) ? name.slice(MODELS.length) : "";
  return id === "" ? null : id.replaceAll("--", "/");
}

/**
 * The folders to which the links of a commit lead: the blobs beside `snapshots`, whatever the repository's folder is called,
 * and in a cache those that repositories share.
 *
 * @param path The real path of a folder; if it is no commit, nor in one, there are none.
 */
export function blobFolders(path: string): string[] {
  const [, repository] = /^(.*[\\/])snapshots[\\/][^\\/]/.exec(path) ?? [];
  if (repository === undefined) return [];
  const [, cache] = /^(.*[\\/])(?:models|datasets|spaces)--[^\\/]+[\\/]$/.exec(repository) ?? [];
  return [`${repository}blobs`, ...(cache === undefined ? [] : [`${cache}blobs`])];
}

/** The path of a blob's lock. */
export function lockPath(cache: string, id: string, etag: string): string {
  return pathIn(lockFolder(cache, id), `${etag}.lock`);
}

/** The eight digits at the end of a partial file's name, and what follows them. */
const PARTIAL = /\.[0-9a-f]{8}\.incomplete$/;

/** A name for a part of a blob, which no other process has. */
export function newPartialName(etag: string): string {
  return `${etag}.${crypto.randomUUID().slice(0, 8)}.incomplete`;
}

/** Whether a file in the folder of blobs is a part of one; of which one, if it is named. */
export function isPartial(name: string, etag?: string): boolean {
  if (etag === undefined) return name.endsWith(".incomplete");
  return name.startsWith(`${etag}.`) && PARTIAL.test(name.slice(etag.length));
}
