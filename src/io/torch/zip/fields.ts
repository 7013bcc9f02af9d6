/** The fields of a zip file's records: little-endian numbers, and numbers of 64 bits in an extra field. */

import { Refusal } from "../refusal.ts";

/** What a 32-bit field holds if the number is in a zip64 field, or does not fit. */
export const MAX_32 = 0xffffffff;
/** The same of a 16-bit field. */
export const MAX_16 = 0xffff;

/** The header id of the extra field with 64-bit numbers. */
const ZIP64 = 1;

/** A view of the numbers in some bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A number of 64 bits. @throws {Refusal} If it is larger than any file. */
export function uint64(view: DataView, at: number): number {
  const value = view.getBigUint64(at, true);
  if (value <= Number.MAX_SAFE_INTEGER) return Number(value);
  throw new Refusal("bad_zip", `its zip directory says ${value}, which is larger than any file`);
}

/**
 * Numbers of which those that are `0xFFFFFFFF` are in the zip64 extra field, in their order.
 *
 * @param extra The extra fields of the header.
 * @param record What messages call the record.
 * @throws {Refusal} If a number that should be there is not.
 */
export function resolve64(numbers: readonly number[], extra: Uint8Array, record: string): number[] {
  if (!numbers.includes(MAX_32)) return [...numbers];
  const field = findZip64(extra);
  let at = 0;
  return numbers.map((number) => {
    if (number !== MAX_32) return number;
    at += 8;
    if (at <= field.length) return uint64(viewOf(field), at - 8);
    throw new Refusal("bad_zip", `${record} must have its size in a zip64 field, which is missing`);
  });
}

/** The content of the zip64 extra field; empty if there is none. */
function findZip64(extra: Uint8Array): Uint8Array {
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length;) {
    const end = at + 4 + view.getUint16(at + 2, true);
    if (end > extra.length) break;
    if (view.getUint16(at, true) === ZIP64) return extra.subarray(at + 4, end);
    at = end;
  }
  return new Uint8Array();
}
