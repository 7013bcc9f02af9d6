/** Finds what is wrong in the cache. */

import { folderOf, ifThere } from "../../paths.ts";
import { isPartial } from "../cache_places.ts";
import { type CachedRepository, filesIn } from "./contents.ts";
import { identityOf } from "./identity.ts";
import { contentHash, hashName } from "../content_hash.ts";
import { pathIn } from "../../../folder/path.ts";

/** Something that is wrong. */
export interface CacheProblem {
  readonly id: string;
  /** The file. */
  readonly path: string;
  readonly problem: string;
}

/** What a verification found. */
export interface Verification {
  /** Files whose hash was computed, and their bytes. */
  readonly checked: number;
  readonly bytes: number;
  readonly problems: readonly CacheProblem[];
}

const HASH = /^([0-9a-f]{40}|[0-9a-f]{64})$/;

/** Computes the hash of every file of a repository, and looks for links that lead nowhere. */
export async function verifyRepository(
  { id, path, commits }: CachedRepository,
  signal?: AbortSignal,
): Promise<Verification> {
  const problems: CacheProblem[] = [];
  let checked = 0, bytes = 0;
  for (const { name, path: blob, size } of await filesIn(pathIn(path, "blobs"))) {
    signal?.throwIfAborted();
    if (isPartial(name)) continue;
    const report = (problem: string) => problems.push({ id, path: blob, problem });
    if (size === null) {
      report("it is a link that leads nowhere");
      continue;
    }
    if (!HASH.test(name)) continue; // named by a server that is no Hub: nothing says what it must hold
    using file = await Deno.open(blob);
    const hash = await contentHash(file, name, signal);
    checked++;
    bytes += size;
    if (hash !== name) report(`its ${hashName(name)} must be ${name}, got ${hash}`);
  }
  for (const { files } of commits) {
    for (const { path, size } of files) {
      if (size === null) problems.push({ id, path, problem: "it is a link that leads nowhere" });
    }
  }
  return { checked, bytes, problems };
}

/**
 * Removes what is wrong, and the names that it has in commits, so that the next load downloads it again.
 *
 * @returns The paths that are gone.
 */
export async function removeProblems(
  { commits }: CachedRepository,
  problems: readonly CacheProblem[],
): Promise<string[]> {
  const wrong = new Set(problems.map(({ path }) => path));
  const files = commits.flatMap(({ files }) => files);
  for (const problem of problems) {
    const inode = await identityOf(problem.path);
    for (const { path } of files) {
      if (inode !== null && await identityOf(path) === inode) wrong.add(path);
    }
  }
  for (const path of wrong) await ifThere(Deno.remove(path));
  return [...wrong].sort((a, b) => folderOf(a) < folderOf(b) ? -1 : 1);
}
