/** Makes records of the bytes of a file, from its beginning or from the beginning of a record. */

import { FILE_START, type LinePlace, LineSplitter } from "./lines.ts";
import type { FileRecord, RecordParser } from "./record.ts";

/**
 * Makes records, and yields together those that end in the same part of the file.
 *
 * @param parts The bytes of the file from `from` on. A part may be written over when the next one is asked for.
 * @param options `from`: the place of the first byte, which begins a record. `isTorn`: whether the file may end in the
 *   midst of a record, which is left out then. A whole record ends with a line break. `most`: most bytes of a line.
 */
export async function* parseRecords(
  parts: AsyncIterable<Uint8Array>,
  { parser, from = FILE_START, isTorn = false, most }: {
    parser: RecordParser;
    from?: LinePlace;
    isTorn?: boolean;
    most?: number;
  },
): AsyncGenerator<FileRecord[]> {
  const splitter = new LineSplitter(from, most);
  for await (const part of parts) {
    const records: FileRecord[] = [];
    for (const line of splitter.split(part)) {
      for (const record of parser.read(line)) records.push(record);
    }
    if (records.length > 0) yield records;
  }
  if (isTorn) return;
  const records = [...splitter.end()].flatMap((line) => [...parser.read(line)]);
  for (const record of parser.end()) records.push(record);
  if (records.length > 0) yield records;
}
