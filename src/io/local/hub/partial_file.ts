/** A file that is being downloaded, or was when its process ended. */

import { pathIn } from "../../folder/path.ts";
import { writeAll } from "../atomic_write.ts";
import { ifThere } from "../paths.ts";
import { isPartial, newPartialName } from "./cache_places.ts";
import { contentHash } from "./content_hash.ts";

/** The beginning of a blob, in a file of its own beside the blobs. */
export class PartialFile implements Disposable {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  #size: number;

  private constructor(path: string, file: Deno.FsFile, size: number) {
    this.#path = path;
    this.#file = file;
    this.#size = size;
  }

  /**
   * Opens what an ended process left of a blob, the most of it, or begins anew.
   *
   * @param blobs The folder.
   * @param resumes Whether the caller holds the blob's lock, so that no other process writes these files.
   */
  static async open(blobs: string, etag: string, { resumes }: { resumes: boolean }): Promise<PartialFile> {
    const path = pathIn(blobs, newPartialName(etag));
    const left = resumes ? await mostOf(blobs, etag) : null;
    // Under a name of its own, so that even where locks do nothing no two processes take it at once.
    if (left !== null) await ifThere(Deno.rename(left, path));
    const file = await Deno.open(path, { read: true, write: true, create: true });
    const { size } = await file.stat();
    await file.seek(0, Deno.SeekMode.End);
    return new PartialFile(path, file, size);
  }

  get size(): number {
    return this.#size;
  }

  async append(bytes: Uint8Array): Promise<void> {
    await writeAll(this.#file, bytes);
    this.#size += bytes.byteLength;
  }

  /** Leaves only the first bytes. */
  async cut(size: number): Promise<void> {
    await this.#file.truncate(size);
    await this.#file.seek(size, Deno.SeekMode.Start);
    this.#size = size;
  }

  /** The hash of the bytes that are there, of the kind of an ETag. */
  async hash(etag: string, signal?: AbortSignal): Promise<string> {
    return await contentHash(this.#file, etag, signal);
  }

  /** Gives the whole file its final name, once it is on the disk. A link at that name is replaced, not followed. */
  async finish(path: string): Promise<void> {
    await this.#file.sync();
    await Deno.rename(this.#path, path);
  }

  /** Throws the file away. */
  async remove(): Promise<void> {
    await Deno.remove(this.#path).catch(() => {}); // it is only a part
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/** The path of the largest part of a blob. */
async function mostOf(blobs: string, etag: string): Promise<string | null> {
  let most: { path: string; size: number } | null = null;
  for await (const { name, isFile } of Deno.readDir(blobs)) {
    if (!isFile || !isPartial(name, etag)) continue;
    const path = pathIn(blobs, name);
    const size = (await ifThere(Deno.stat(path)))?.size ?? -1;
    if (size > (most?.size ?? -1)) most = { path, size };
  }
  return most?.path ?? null;
}
