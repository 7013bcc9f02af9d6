/** The records of a zip file, each checked against its own header and its checksum. APPNOTE.TXT, 4.3.7. */

import { quote } from "../../../base/messages.ts";
import { tick } from "../../../base/tick.ts";
import type { FileBytes } from "../../folder/file_bytes.ts";
import { Refusal } from "../refusal.ts";
import { crc32 } from "./crc32.ts";
import { type DirectoryEntry, readDirectory } from "./directory.ts";
import { findDirectory } from "./end_record.ts";
import { resolve64, viewOf } from "./fields.ts";
import { FileWindow } from "./window.ts";

const SIGNATURE = 0x04034b50;
const FIXED_BYTES = 30;

/** Bytes that are read between two turns of the event loop: some 50 ms. */
const TURN = 1 << 26;

/** The flag that sizes and checksum of a header are in a descriptor after the content; the directory has them too. */
const HAS_DESCRIPTOR = 1 << 3;

/** Where the content of a record lies in the file. */
export interface ZipRecord {
  readonly begin: number;
  readonly end: number;
}

/**
 * Reads the directory of a zip file, and the whole file once, front to back, for the checksums: a damaged file is refused
 * before any of it is used.
 *
 * @returns The records by name, in the order of the directory.
 * @throws {Refusal} If anything in it is doubtful.
 */
export async function readRecords(file: FileBytes): Promise<Map<string, ZipRecord>> {
  const place = findDirectory(file);
  const entries = readDirectory(file, place);
  const window = new FileWindow(file);
  const found = new Map<DirectoryEntry, ZipRecord>();
  let position = 0;
  let turn = TURN;
  for (const entry of entries.toSorted((a, b) => a.begin - b.begin)) {
    const record = `record ${quote(entry.name)}`;
    if (entry.begin < position) throw new Refusal("bad_zip", `${record} overlaps the one before it`);
    const begin = contentBegin(window, entry, place.begin);
    const end = begin + entry.size;
    if (end > place.begin) {
      throw new Refusal("bad_zip", `${record} must end before the zip directory, at ${place.begin}, got ${end}`);
    }
    let checksum = 0;
    for (const part of window.parts(begin, end)) {
      checksum = crc32(part, checksum);
      turn -= part.length;
      if (turn > 0) continue;
      await tick();
      turn = TURN;
    }
    if (checksum !== entry.checksum) {
      throw new Refusal("bad_zip", `the checksum of ${record} is wrong: the file is damaged`);
    }
    found.set(entry, { begin, end });
    position = end;
  }
  return new Map(entries.map((entry) => [entry.name, found.get(entry) as ZipRecord]));
}

/** Where the content of a record begins, after its own header, which must say what the directory does. */
function contentBegin(window: FileWindow, entry: DirectoryEntry, limit: number): number {
  const { name, nameBytes, flags, checksum, size, begin } = entry;
  const record = `record ${quote(name)}`;
  const damaged = (problem: string) => new Refusal("bad_zip", `the header of ${record} ${problem}`);
  const nameEnd = begin + FIXED_BYTES + nameBytes.length;
  if (nameEnd > limit) throw damaged("must lie before the zip directory, and does not");
  const header = window.range(begin, nameEnd);
  const view = viewOf(header);
  if (view.getUint32(0, true) !== SIGNATURE) throw damaged("is missing");
  const sameName = view.getUint16(26, true) === nameBytes.length &&
    nameBytes.every((byte, i) => byte === header[FIXED_BYTES + i]);
  if (!sameName) throw damaged("has another name");
  if (view.getUint16(6, true) !== flags) throw damaged("has other flags than the directory");
  if (view.getUint16(8, true) !== 0) throw damaged("says that it is compressed");
  const extraLength = view.getUint16(28, true);
  const contentAt = nameEnd + extraLength;
  if (contentAt > limit) throw damaged("must lie before the zip directory, and does not");
  if ((flags & HAS_DESCRIPTOR) === 0) {
    const [ownChecksum, packed, own] = [view.getUint32(14, true), view.getUint32(18, true), view.getUint32(22, true)];
    const sizes = resolve64([own, packed], window.range(nameEnd, contentAt), record);
    if (sizes.some((other) => other !== size)) throw damaged("has another size than the directory");
    if (ownChecksum !== checksum) throw damaged("has another checksum than the directory");
  }
  return contentAt;
}
