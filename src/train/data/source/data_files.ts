/** The files of a data set. */

import { InputError } from "../../../base/errors.ts";
import type { ByteSource } from "../../../io/records/byte_source.ts";
import { type DataFile, formatOfName, openByteSource } from "../../../io/records/data_file.ts";
import type { DataFormat } from "../../../io/records/formats.ts";
import type { DataTask } from "../examples.ts";

/** A file that is open, and how it is read. */
export interface OpenFile {
  readonly source: ByteSource;
  readonly format: DataFormat;
}

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
  const source = await openByteSource(file, "open data");
  if (source.size === 0) throw new InputError(`Cannot use the data: ${source.name} is empty`);
  const found = format ?? formatOfName(source.name);
  if (found === null) {
    throw new InputError(
      `Cannot use the data: ${source.name} must end with .txt, .jsonl, .csv, .tsv or .conll, or give format`,
    );
  }
  return { source, format: found === "txt" && task === "tag" && format === undefined ? "conll" : found };
}
