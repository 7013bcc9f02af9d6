/** The directory of a zip file: which records it has, and what it says about each. APPNOTE.TXT, 4.3.12. */

import type { FileBytes } from "../../folder/file_bytes.ts";
import { quote } from "../../../base/messages.ts";
import { Refusal } from "../refusal.ts";
import type { DirectoryPlace } from "./end_record.ts";
import { resolve64, viewOf } from "./fields.ts";

/** Most records of a file. PyTorch writes one for each storage, of which no model has nearly as many. */
export const MAX_RECORDS = 65_535;

/** Most bytes of a directory, which is read whole. PyTorch writes less than 200 for each record. */
const MAX_BYTES = 2 ** 30;

const SIGNATURE = 0x02014b50;
const FIXED_BYTES = 46;

/** Encryption, of one kind or another, and patches: what bits 0, 5, 6 and 13 of the flags say. */
const UNREADABLE = 0b0010_0000_0110_0001;

/** A record, as the directory describes it. */
export interface DirectoryEntry {
  readonly name: string;
  /** The name as it is stored. */
  readonly nameBytes: Uint8Array;
  readonly flags: number;
  readonly checksum: number;
  /** Bytes of its content, which is stored as it is. */
  readonly size: number;
  /** Where its own header begins. */
  readonly begin: number;
}

/**
 * Reads the directory.
 *
 * @throws {Refusal} If it has too many records, one is compressed or encrypted, or a name is doubtful or there twice.
 */
export function readDirectory(file: FileBytes, { begin, end, count }: DirectoryPlace): DirectoryEntry[] {
  if (count > MAX_RECORDS) {
    throw new Refusal("too_large", `it must have at most ${MAX_RECORDS} records, got ${count}`);
  }
  if (end - begin > MAX_BYTES) {
    throw new Refusal("too_large", `its zip directory must have at most ${MAX_BYTES} bytes, got ${end - begin}`);
  }
  const bytes = file.read(begin, end);
  const entries = new Map<string, DirectoryEntry>();
  let at = 0;
  for (let index = 0; index < count; index++) {
    const { entry, next } = readEntry(bytes, at, index);
    if (entries.has(entry.name)) throw new Refusal("bad_zip", `it has two records ${quote(entry.name)}`);
    entries.set(entry.name, entry);
    at = next;
  }
  if (at === bytes.length) return [...entries.values()];
  throw new Refusal("bad_zip", `its zip directory must have ${count} records, and goes on after them`);
}

function readEntry(bytes: Uint8Array, at: number, index: number): { entry: DirectoryEntry; next: number } {
  const damaged = () => new Refusal("bad_zip", `its zip directory is damaged at record ${index + 1}`);
  if (at + FIXED_BYTES > bytes.length) throw damaged();
  const view = viewOf(bytes.subarray(at, at + FIXED_BYTES));
  if (view.getUint32(0, true) !== SIGNATURE) throw damaged();
  const [nameLength, extraLength] = [view.getUint16(28, true), view.getUint16(30, true)];
  const nameEnd = at + FIXED_BYTES + nameLength;
  const next = nameEnd + extraLength + view.getUint16(32, true);
  if (next > bytes.length) throw damaged();

  const nameBytes = bytes.subarray(at + FIXED_BYTES, nameEnd);
  const name = decodeName(nameBytes, index);
  const record = `record ${quote(name)}`;
  const refuse = (problem: string) => new Refusal("bad_zip", `${record} ${problem}`);
  const flags = view.getUint16(8, true);
  if ((flags & UNREADABLE) !== 0) throw refuse("is encrypted");
  const method = view.getUint16(10, true);
  if (method !== 0) {
    throw refuse(`must be stored, not compressed (method ${method}): pack the files again with zip -0`);
  }
  const [size, packed, begin] = resolve64(
    [view.getUint32(24, true), view.getUint32(20, true), view.getUint32(42, true)],
    bytes.subarray(nameEnd, nameEnd + extraLength),
    record,
  ) as [number, number, number];
  if (size !== packed) throw refuse(`is stored, but has ${size} bytes and takes ${packed}`);
  if (view.getUint16(34, true) !== 0) throw refuse("must be in this file, and is said to be in another part");
  return { entry: { name, nameBytes, flags, checksum: view.getUint32(16, true), size, begin }, next };
}

function decodeName(bytes: Uint8Array, index: number): string {
  let name: string;
  try {
    name = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new Refusal("bad_zip", `the name of record ${index + 1} must be UTF-8, and is not`, { cause });
  }
  // Names lead nowhere here, but a file that has such ones was not written by PyTorch.
  if (!/[\0\\]|\.\.|^\//.test(name)) return name;
  const wrong = '"..", backslash, null character, or "/" at the start';
  throw new Refusal("bad_zip", `the name of a record must have no ${wrong}, got ${quote(name)}`);
}
