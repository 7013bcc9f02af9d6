/** Hashes of files by which the Hub names them. */

import { beginHash } from "../hash.ts";

const PART = 1 << 20;

/** How the Hub names a file: large ones by SHA-256, others by git. */
export function hashName(etag: string): string {
  return etag.length === 64 ? "SHA-256" : "git hash";
}

/**
 * The hash of a file, of the kind of an ETag.
 *
 * @param etag 64 digits of a SHA-256, or 40 of git's hash.
 */
export async function contentHash(file: Deno.FsFile, etag: string, signal?: AbortSignal): Promise<string> {
  const hash = beginHash(etag.length === 64 ? "sha256" : "sha1");
  const { size } = await file.stat();
  if (etag.length !== 64) hash.update(new TextEncoder().encode(`blob ${size}\0`));
  await file.seek(0, Deno.SeekMode.Start);
  const part = new Uint8Array(PART);
  for (let count = await file.read(part); count !== null; count = await file.read(part)) {
    signal?.throwIfAborted();
    hash.update(part.subarray(0, count));
  }
  return hash.digest("hex");
}
