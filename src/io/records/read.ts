/** Reads the records of a file, from its beginning or from the beginning of a record. */

import { FILE_START, type LinePlace, LineSplitter } from "./lines.ts";
import type { FileRecord, RecordParser } from "./record.ts";

/**
 * Reads records, and yields together those that end in the same part of the file.
 *
 * @param parts The bytes of the file from `from` on. A part may be written over when the next one is asked for.
 * @param from The place of the first byte, which begins a record.
 */
export async function* readRecords(
  parts: AsyncIterable<Uint8Array>,
  { parser, from = FILE_START }: { parser: RecordParser; from?: LinePlace },
): AsyncGenerator<FileRecord[]> {
  const splitter = new LineSplitter(from);
  for await (const part of parts) {
    const records: FileRecord[] = [];
    for (const line of splitter.split(part)) {
      for (const record of parser.read(line)) records.push(record);
    }
    if (records.length > 0) yield records;
  }
  const records = [...splitter.end()].flatMap((line) => [...parser.read(line)]);
  for (const record of parser.end()) records.push(record);
  if (records.length > 0) yield records;
}
