/** What is in the cache, for its owner. */

import { pathIn } from "../../../folder/path.ts";
import { isCommit } from "../../../hub/names.ts";
import { isNotThere } from "../../paths.ts";
import { identityOf } from "./identity.ts";
import { idOfFolder, isPartial } from "../cache_places.ts";

/** A file of a commit in the cache. */
export interface CachedFile {
  /** Its path in the repository. */
  readonly name: string;
  /** Its path on this machine. */
  readonly path: string;
  /** Bytes; `null` if it is a link that leads nowhere. */
  readonly size: number | null;
}

/** A commit in the cache. */
export interface CachedCommit {
  readonly commit: string;
  /** Branches and tags that are known to be this commit. */
  readonly revisions: readonly string[];
  /** Its folder. */
  readonly path: string;
  readonly files: readonly CachedFile[];
  /** Bytes of its files; those that commits share count for each. */
  readonly size: number;
}

/** A repository in the cache. */
export interface CachedRepository {
  readonly id: string;
  readonly path: string;
  readonly commits: readonly CachedCommit[];
  /** Bytes on the disk: each file once, parts too. */
  readonly size: number;
  /** Bytes of what was not downloaded to its end. */
  readonly partial: number;
  /** When a file was last downloaded, and last read if the file system keeps that; `null` without a file. */
  readonly modified: Date | null;
  readonly accessed: Date | null;
}

/** The models in a cache, by their ids. A cache that does not exist holds none. */
export async function listCache(cache: string): Promise<CachedRepository[]> {
  const found: CachedRepository[] = [];
  for (const { name } of await entriesOf(cache)) {
    const [id, path] = [idOfFolder(name), pathIn(cache, name)];
    if (id === null || !(await Deno.stat(path).catch(() => null))?.isDirectory) continue;
    found.push(await repositoryAt(path, id));
  }
  return found.sort((a, b) => a.id < b.id ? -1 : 1);
}

async function repositoryAt(path: string, id: string): Promise<CachedRepository> {
  const refs = await refsIn(pathIn(path, "refs"));
  const commits: CachedCommit[] = [];
  const snapshots = pathIn(path, "snapshots");
  for (const { name: commit } of await entriesOf(snapshots)) {
    if (!isCommit(commit)) continue;
    const files = await filesIn(pathIn(snapshots, commit));
    const revisions = [...refs].filter(([, told]) => told === commit).map(([name]) => name).sort();
    const size = files.reduce((sum, { size }) => sum + (size ?? 0), 0);
    commits.push({ commit, revisions, path: pathIn(snapshots, commit), files, size });
  }
  const blobs = await filesIn(pathIn(path, "blobs"));
  const partial = blobs.filter(({ name }) => isPartial(name)).reduce((sum, { size }) => sum + (size ?? 0), 0);
  return { id, path, commits, partial, ...await measure([...blobs, ...commits.flatMap(({ files }) => files)]) };
}

/** Sums files up, each of which may have several names. */
async function measure(
  files: readonly CachedFile[],
): Promise<Pick<CachedRepository, "size" | "modified" | "accessed">> {
  const seen = new Set<string>();
  let size = 0, modified = 0, accessed = 0;
  for (const { path } of files) {
    const info = await Deno.stat(path).catch(() => null);
    if (info === null) continue;
    modified = Math.max(modified, info.mtime?.getTime() ?? 0);
    accessed = Math.max(accessed, info.atime?.getTime() ?? 0);
    const identity = await identityOf(path);
    if (identity === null || seen.has(identity)) continue;
    seen.add(identity);
    size += info.size;
  }
  const date = (time: number) => time === 0 ? null : new Date(time);
  return { size, modified: date(modified), accessed: date(accessed) };
}

/**
 * All files in a folder and in those inside it, by their paths from there, and links that lead nowhere. What is something
 * else, such as a pipe or a link to a folder, belongs to no cache and is passed over.
 */
export async function filesIn(folder: string, prefix = ""): Promise<CachedFile[]> {
  const files: CachedFile[] = [];
  for (const { name, isDirectory } of await entriesOf(folder)) {
    const path = pathIn(folder, name);
    if (isDirectory) {
      files.push(...await filesIn(path, `${prefix}${name}/`));
      continue;
    }
    const info = await Deno.stat(path).catch(() => null);
    if (info?.isFile ?? true) files.push({ name: prefix + name, path, size: info?.size ?? null });
  }
  return files;
}

async function refsIn(folder: string): Promise<Map<string, string>> {
  const refs = new Map<string, string>();
  for (const { name, path } of await filesIn(folder)) {
    const text = await Deno.readTextFile(path).catch(() => ""); // as if it were not there
    if (isCommit(text.trim())) refs.set(name, text.trim());
  }
  return refs;
}

async function entriesOf(folder: string): Promise<Deno.DirEntry[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).sort((a, b) => a.name < b.name ? -1 : 1);
  } catch (error) {
    if (isNotThere(error)) return [];
    throw error;
  }
}
