/** Removes from the cache. */

import { pathIn } from "../../../folder/path.ts";
import { isPartial, lockPath } from "../cache_places.ts";
import { type CachedCommit, type CachedFile, type CachedRepository, filesIn } from "./contents.ts";
import { identityOf } from "./identity.ts";
import { folderOf, ifThere } from "../../paths.ts";

/** How the name of a repository begins that is being removed, or was when its process ended. */
const REMOVED = ".removed-";

/**
 * Removes a repository. It is renamed before, so that no other process ever finds half of it. What repositories share
 * stays, as do locks.
 */
export async function removeRepository({ path }: CachedRepository): Promise<void> {
  const gone = pathIn(folderOf(path), REMOVED + crypto.randomUUID());
  await Deno.rename(path, gone);
  await Deno.remove(gone, { recursive: true });
}

/** Removes what is left of repositories whose removal was interrupted. @returns The bytes that are free now. */
export async function removeLeftovers(cache: string): Promise<number> {
  let bytes = 0;
  for (const { name, isDirectory } of await ifThere(Array.fromAsync(Deno.readDir(cache))) ?? []) {
    if (!isDirectory || !name.startsWith(REMOVED)) continue;
    const path = pathIn(cache, name);
    for (const { size } of await filesIn(pathIn(path, "blobs"))) bytes += size ?? 0;
    await ifThere(Deno.remove(path, { recursive: true })); // its own process may be at it still
  }
  return bytes;
}

/** Removes a commit, the revisions that are it, and the blobs that no other commit has. */
export async function removeCommit(repository: CachedRepository, commit: CachedCommit): Promise<void> {
  const { path, commits } = repository;
  const others = commits.filter((other) => other !== commit);
  if (others.length === 0) return await removeRepository(repository);
  const own = await identitiesOf(commit.files);
  const kept = await identitiesOf(others.flatMap(({ files }) => files));
  const unused = await Array.fromAsync(await filesIn(pathIn(path, "blobs")), async ({ path }) => {
    const identity = await identityOf(path);
    return identity !== null && own.has(identity) && !kept.has(identity) ? [path] : [];
  });
  for (const revision of commit.revisions) await ifThere(Deno.remove(pathIn(pathIn(path, "refs"), revision)));
  await Deno.remove(commit.path, { recursive: true });
  await ifThere(Deno.remove(pathIn(pathIn(path, ".no_exist"), commit.commit), { recursive: true }));
  for (const blob of unused.flat()) await ifThere(Deno.remove(blob));
}

/**
 * Removes the parts of files that are not being downloaded.
 *
 * @returns The bytes that are free now.
 */
export async function removePartials(cache: string, { id, path }: CachedRepository): Promise<number> {
  let bytes = 0;
  for (const { name, path: file, size } of await filesIn(pathIn(path, "blobs"))) {
    if (!isPartial(name)) continue;
    if (await isLocked(lockPath(cache, id, name.split(".")[0]!))) continue;
    await ifThere(Deno.remove(file));
    bytes += size ?? 0;
  }
  return bytes;
}

/** Whether another process holds a lock. */
async function isLocked(path: string): Promise<boolean> {
  using file = await ifThere(Deno.open(path, { read: true, write: true }));
  return file !== null && !await file.tryLock(true).catch(() => true);
}

async function identitiesOf(files: readonly CachedFile[]): Promise<Set<string | null>> {
  return new Set(await Promise.all(files.map(({ path }) => identityOf(path))));
}
