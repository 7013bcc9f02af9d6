/** Files of records: what may be named as one, and what its name says. */

import { classOf, quote } from "../../base/messages.ts";
import { localFiles } from "../folder/on_disk.ts";
import { blobSource, type ByteSource } from "./byte_source.ts";
import type { DataFormat } from "./formats.ts";

/** A file with data: a path, a `file:` URL, or what a web page is given. */
export type DataFile = string | URL | File;

/** The formats by the ends of names. */
const ENDS: Readonly<Record<string, DataFormat>> = {
  txt: "txt",
  jsonl: "jsonl",
  json: "jsonl",
  csv: "csv",
  tsv: "tsv",
  conll: "conll",
  bio: "conll",
  iob: "conll",
  iob2: "conll",
};

/** The format of a file by the end of its name; `null` if that says nothing. */
export function formatOfName(name: string): DataFormat | null {
  return ENDS[/\.(\w+)$/.exec(name)?.[1]?.toLowerCase() ?? ""] ?? null;
}

/**
 * Opens a file.
 *
 * @param action What it is for, for messages: `open data`.
 * @throws {InputError} If there is no such file, or it is none.
 * @throws {TypeError} If it names no file of this machine.
 */
export async function openByteSource(file: DataFile, action: string): Promise<ByteSource> {
  if (file instanceof File) return blobSource(file);
  if (typeof file !== "string" && !(file instanceof URL)) {
    throw new TypeError(`Cannot ${action}: a file must be a path, a URL or a File, got ${classOf(file)}`);
  }
  if (file instanceof URL && file.protocol !== "file:") {
    throw new TypeError(`Cannot ${action}: a URL must be file:, got ${file.protocol}; download the file first`);
  }
  return await (await localFiles(`open ${quote(String(file))}`, "give a File")).openFileRanges(file);
}
