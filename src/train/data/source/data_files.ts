/** The files of a data set. */

import { InputError } from "../../../base/errors.ts";
import { classOf, quote } from "../../../base/messages.ts";
import { localFiles } from "../../../io/folder/on_disk.ts";
import { blobSource, type ByteSource } from "../../../io/records/byte_source.ts";
import type { DataFormat } from "../../../io/records/formats.ts";
import type { DataTask } from "../examples.ts";

/** A file with data: a path, a `file:` URL, or what a web page is given. */
export type DataFile = string | URL | File;

/** A file that is open, and how it is read. */
export interface OpenFile {
  readonly source: ByteSource;
  readonly format: DataFormat;
}

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

/**
 * Opens a file.
 *
 * @param format What it holds; left out, its name tells. A `.txt` file of sentences with tags is in columns.
 * @throws {InputError} If it cannot be read, is empty, or its name does not tell what it holds.
 * @throws {TypeError} If it is no file.
 */
export async function openDataFile(
  file: DataFile,
  { task, format }: { task: DataTask; format: DataFormat | undefined },
): Promise<OpenFile> {
  const source = await openSource(file);
  if (source.size === 0) throw new InputError(`Cannot use the data: ${source.name} is empty`);
  const found = format ?? ENDS[/\.(\w+)$/.exec(source.name)?.[1]?.toLowerCase() ?? ""];
  if (found === undefined) {
    throw new InputError(
      `Cannot use the data: ${source.name} must end with .txt, .jsonl, .csv, .tsv or .conll, or give format`,
    );
  }
  return { source, format: found === "txt" && task === "tag" && format === undefined ? "conll" : found };
}

async function openSource(file: DataFile): Promise<ByteSource> {
  if (file instanceof File) return blobSource(file);
  if (typeof file !== "string" && !(file instanceof URL)) {
    throw new TypeError(`Cannot open data: a file must be a path, a URL or a File, got ${classOf(file)}`);
  }
  if (file instanceof URL && file.protocol !== "file:") {
    throw new TypeError(`Cannot open data: a URL must be file:, got ${file.protocol}; download the file first`);
  }
  return await (await localFiles(`open ${quote(String(file))}`, "give a File")).openFileRanges(file);
}
