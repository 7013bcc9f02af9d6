/** Downloads the bytes of a file into the cache: under a lock, resumed, checked, and only then under their final name. */

import { quote } from "../../../base/messages.ts";
import { warn } from "../../../base/warn.ts";
import { Deadline } from "../../hub/deadline.ts";
import type { HubClient } from "../../hub/hub_client.ts";
import { HubError, hubError, named } from "../../hub/hub_error.ts";
import type { RemoteFile } from "../../hub/remote_file.ts";
import { Retries } from "../../hub/retries.ts";
import { lockPath } from "./cache_places.ts";
import { hashName } from "./content_hash.ts";
import { lockFile } from "./file_lock.ts";
import { PartialFile } from "./partial_file.ts";
import { type RepositoryCache, sizeAt } from "./repository_cache.ts";

/** So many bytes without a failure are a success: failures are counted anew. */
const PROGRESS = 1 << 20;

/** What is downloaded, and how. */
export interface BlobDownload {
  readonly client: HubClient;
  readonly cache: RepositoryCache;
  /** The file's path in the repository. */
  readonly file: string;
  readonly remote: RemoteFile;
  /** Called with the bytes that are there, and with all if their number is known. */
  readonly onBytes: (loaded: number, total: number | undefined) => void;
  readonly signal: AbortSignal | undefined;
}

/**
 * Downloads a blob, unless it is there, or another process brings it meanwhile. If it fails, what came is kept for the
 * next time, unless it is wrong.
 *
 * @throws {HubError} If the bytes cannot be had, or are wrong twice.
 */
export async function downloadBlob(download: BlobDownload): Promise<void> {
  const { cache, file, remote: { etag }, signal } = download;
  if (await isThere(download)) return;
  const what = named(file, cache.id);
  await cache.prepare(what);
  const path = lockPath(cache.cache, cache.id, etag);
  const onWait = () =>
    warn(`${what} is being downloaded by another process, which holds ${quote(path)}; waiting for it`);
  using lock = await lockFile(path, { signal, onWait });
  if (await isThere(download)) return;
  using partial = await PartialFile.open(cache.blobs, etag, { resumes: lock.isHeld });
  await fill(partial, download);
  let problem = await problemOf(partial, download);
  if (problem !== null) {
    // What an earlier process left may be the wrong part; a second failure is the server's.
    await partial.cut(0);
    await fill(partial, download);
    problem = await problemOf(partial, download);
  }
  if (problem === null) return await partial.finish(cache.blob(etag));
  await partial.remove();
  throw hubError(what, `${problem}; what came is thrown away`);
}

/** Whether the blob is there with its size. One that was cut short is downloaded again. */
async function isThere({ cache, remote: { etag, size } }: BlobDownload): Promise<boolean> {
  const found = await sizeAt(cache.blob(etag));
  return found !== null && (size === null || found === size);
}

/** Appends what is missing, by as many requests as that takes. */
async function fill(partial: PartialFile, download: BlobDownload): Promise<void> {
  const { client, signal, remote: { size } } = download;
  const retries = new Retries(client.access, signal);
  if (size !== null && partial.size > size) await partial.cut(0);
  while (size === null || partial.size < size || size === 0) {
    const before = partial.size;
    try {
      await receive(partial, download);
      return;
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      if (partial.size - before >= PROGRESS) retries.succeeded();
      await retries.failed(error);
    }
  }
}

/** Appends the body of one answer. @throws {HubError} If it ends too early, or goes on too long. */
async function receive(partial: PartialFile, download: BlobDownload): Promise<void> {
  const { client, cache, file, onBytes, signal, remote: { commit, size } } = download;
  using deadline = new Deadline(client.access.stallTimeout, signal);
  // Where the end is not known, it is not known either whether a part may be resumed.
  if (size === null) await partial.cut(0);
  const body = await client.open(file, { commit, begin: partial.size, size, deadline });
  try {
    if (body.begin !== partial.size) await partial.cut(body.begin);
    onBytes(partial.size, size ?? undefined);
  } catch (error) {
    await body.cancel().catch(() => {}); // the first error is reported
    throw error;
  }
  for await (const chunk of body.chunks()) {
    deadline.putOff();
    if (size !== null && partial.size + chunk.byteLength > size) {
      await partial.cut(0);
      throw hubError(named(file, cache.id), `it must have ${size} bytes, and more came`);
    }
    await partial.append(chunk);
    onBytes(partial.size, size ?? undefined);
  }
  if (size === null || partial.size === size) return;
  const problem = `it broke off after ${partial.size} of ${size} bytes`;
  throw hubError(named(file, cache.id), problem, { isPassing: true });
}

/** What is wrong with a whole file; `null` if nothing is. */
async function problemOf(
  partial: PartialFile,
  { remote: { etag, size }, signal }: BlobDownload,
): Promise<string | null> {
  if (size !== null && partial.size !== size) return `it must have ${size} bytes, got ${partial.size}`;
  const hash = await partial.hash(etag, signal);
  return hash === etag ? null : `its ${hashName(etag)} must be ${etag}, got ${hash}`;
}
