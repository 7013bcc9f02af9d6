/**
 * The end of a zip file, which says where its directory is: the end record, and before it, if there are any, the zip64
 * end record and its locator. Source: PKWARE's APPNOTE.TXT, 4.3.14 to 4.3.16.
 */

import type { FileBytes } from "../../folder/file_bytes.ts";
import { Refusal } from "../refusal.ts";
import { MAX_16, MAX_32, uint64, viewOf } from "./fields.ts";

const END = { signature: 0x06054b50, bytes: 22 };
const LOCATOR = { signature: 0x07064b50, bytes: 20 };
const END_64 = { signature: 0x06064b50, bytes: 56 };

/** Where the directory lies in the file, and how many records it lists. */
export interface DirectoryPlace {
  readonly begin: number;
  readonly end: number;
  readonly count: number;
}

/** What an end record says. */
interface EndRecord {
  readonly disks: readonly number[];
  readonly counts: readonly number[];
  readonly size: number;
  readonly begin: number;
}

/**
 * Finds the directory of a zip file, whose last bytes must be the end record: a comment could hide another one.
 *
 * @throws {Refusal} If the end records are damaged, or do not agree with each other or with the file.
 */
export function findDirectory(file: FileBytes): DirectoryPlace {
  const at = file.size - END.bytes;
  const view = at < 0 ? null : viewOf(file.read(at, file.size));
  if (view === null || view.getUint32(0, true) !== END.signature || view.getUint16(20, true) !== 0) {
    throw new Refusal(
      "bad_zip",
      "it must end with the end record of a zip file, and does not: the file was cut short, or something follows",
    );
  }
  const short: EndRecord = {
    disks: [view.getUint16(4, true), view.getUint16(6, true)],
    counts: [view.getUint16(8, true), view.getUint16(10, true)],
    size: view.getUint32(12, true),
    begin: view.getUint32(16, true),
  };
  const long = findLong(file, at);
  const { record, position } = long ?? { record: short, position: at };
  if (long !== null && !agrees(short, record)) {
    throw new Refusal("bad_zip", "the two end records of its zip directory contradict each other");
  }
  return checkedPlace(record, position);
}

/** The zip64 end record, and where it begins; null if there is no locator of one. */
function findLong(file: FileBytes, end: number): { record: EndRecord; position: number } | null {
  const at = end - LOCATOR.bytes;
  if (at < 0) return null;
  const locator = viewOf(file.read(at, end));
  if (locator.getUint32(0, true) !== LOCATOR.signature) return null;
  const position = uint64(locator, 8);
  const wrong = () =>
    new Refusal("bad_zip", "the locator of its zip64 end record does not point to one that ends there");
  if (locator.getUint32(4, true) !== 0 || locator.getUint32(16, true) !== 1) throw severalDisks();
  if (position + END_64.bytes > at) throw wrong();
  const view = viewOf(file.read(position, position + END_64.bytes));
  if (view.getUint32(0, true) !== END_64.signature || position + 12 + uint64(view, 4) !== at) throw wrong();
  return {
    record: {
      disks: [view.getUint32(16, true), view.getUint32(20, true)],
      counts: [uint64(view, 24), uint64(view, 32)],
      size: uint64(view, 40),
      begin: uint64(view, 48),
    },
    position,
  };
}

/** Whether the end record says what the zip64 one does, or that the number is there. */
function agrees(short: EndRecord, long: EndRecord): boolean {
  const same = (a: number, b: number, most: number) => a === b || a === most;
  return short.disks.every((disk, i) => same(disk, long.disks[i] as number, MAX_16)) &&
    short.counts.every((count, i) => same(count, long.counts[i] as number, MAX_16)) &&
    same(short.size, long.size, MAX_32) && same(short.begin, long.begin, MAX_32);
}

function checkedPlace({ disks, counts, size, begin }: EndRecord, position: number): DirectoryPlace {
  const [here, count] = counts as [number, number];
  if (disks.some((disk) => disk !== 0) || here !== count) throw severalDisks();
  if (begin + size !== position) {
    throw new Refusal(
      "bad_zip",
      `its zip directory must end where the end record begins, at ${position}, got ${begin} + ${size} bytes: ` +
        "bytes are missing, or were added",
    );
  }
  return { begin, end: position, count };
}

function severalDisks(): Refusal {
  return new Refusal("bad_zip", "it must be a zip file in one part, and says that it is one of several");
}
