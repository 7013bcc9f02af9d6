/** The header of numpy's `.npy` files. Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */

import { InputError } from "../../base/errors.ts";
import { quote } from "../../base/messages.ts";
import { elementCount, shapeText } from "../../base/shape.ts";
import type { TensorType } from "../../base/tensor.ts";

/** Numpy's name of each element type. */
export const DESCRIPTIONS: Readonly<Record<TensorType, string>> = {
  float32: "<f4",
  float64: "<f8",
  int32: "<i4",
  uint32: "<u4",
  int64: "<i8",
  uint8: "|u1",
  int8: "|i1",
  bool: "|b1",
};

/** What a header says. */
export interface NpyHeader {
  /** The element type by numpy's name: `<f4`. */
  readonly description: string;
  readonly shape: readonly number[];
  /** Where the elements begin, in bytes. */
  readonly start: number;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY
/** Elements begin at a multiple of so many bytes. */
const ALIGNMENT = 64;
/** Room for the digits of a first dimension, as numpy leaves it: a header can be written anew with another number of rows. */
const ROOM = 21;

/** A header of version 1.0, as numpy writes it: of one length for all numbers of rows, which may be counted as they come. */
export function npyHeader(type: TensorType, shape: readonly number[]): Uint8Array<ArrayBuffer> {
  const dims = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '${DESCRIPTIONS[type]}', 'fortran_order': False, 'shape': (${dims}), }`;
  const room = text.length + (shape.length === 0 ? 0 : ROOM - `${shape[0]}`.length);
  const length = Math.ceil((MAGIC.length + 4 + room + 1) / ALIGNMENT) * ALIGNMENT;
  const header = new Uint8Array(length).fill(" ".charCodeAt(0));
  header.set([...MAGIC, 1, 0]);
  new DataView(header.buffer).setUint16(MAGIC.length + 2, length - MAGIC.length - 4, true);
  header.set(new TextEncoder().encode(text), MAGIC.length + 4);
  header[length - 1] = "\n".charCodeAt(0);
  return header;
}

/**
 * Reads a header.
 *
 * @param name What messages call the file.
 * @throws {InputError} If it is none, or of a version that is not known, or of columns before rows.
 */
export function readNpyHeader(bytes: Uint8Array, name: string): NpyHeader {
  const refusal = (why: string) => new InputError(`Cannot read ${quote(name)}: ${why}`);
  if (!MAGIC.every((byte, i) => bytes[i] === byte)) {
    throw refusal("it must be a .npy file of numpy, and begins otherwise");
  }
  const version = bytes[MAGIC.length] ?? 0;
  const wide = version >= 2;
  const begin = MAGIC.length + (wide ? 6 : 4);
  if (version < 1 || version > 3 || bytes.length < begin) {
    throw refusal(
      `a .npy file must be of version 1, 2 or 3, and complete, got version ${version}, ${bytes.length} bytes`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = wide ? view.getUint32(MAGIC.length + 2, true) : view.getUint16(MAGIC.length + 2, true);
  const start = begin + length;
  if (start > bytes.length) throw refusal(`its header must have ${length} bytes, and the file ends before`);
  const text = new TextDecoder(version === 3 ? "utf-8" : "latin1").decode(bytes.subarray(begin, start));
  const description = /'descr'\s*:\s*'([^']*)'/.exec(text)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1];
  const dims = /'shape'\s*:\s*\(([\d\s,]*)\)/.exec(text)?.[1];
  if (description === undefined || order === undefined || dims === undefined) {
    throw refusal(`its header must name descr, fortran_order and shape, got ${quote(text.trim().slice(0, 80))}`);
  }
  const names = dims.split(",").map((dim) => dim.trim());
  if (names.at(-1) === "") names.pop(); // a last comma, or no dimension at all
  const shape = names.map(Number);
  if (!names.every((dim) => /^\d+$/.test(dim))) {
    throw refusal(`its shape must be whole numbers with commas between them, got (${dims.slice(0, 40)})`);
  }
  if (![...shape, elementCount(shape)].every(Number.isSafeInteger)) {
    throw refusal(`its shape must be of fewer than 2^53 elements, got (${dims.slice(0, 40)})`);
  }
  if (order === "True" && shape.length > 1) {
    throw refusal(
      `its elements must lie row by row, and lie column by column ${shapeText(shape)}; save a C-contiguous copy`,
    );
  }
  return { description, shape, start };
}
