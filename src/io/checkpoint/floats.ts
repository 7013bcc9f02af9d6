/** Reads the elements of a tensor as 32-bit floats, in pieces of bounded size. */

import { decodeBfloat16, DTYPES, type FloatDtype, toFloat32, viewAs } from "../../base/dtype.ts";
import type { StoredTensor } from "./stored_tensor.ts";

/** Elements of a piece: 1 MiB of 32-bit floats. Smaller pieces are slower, larger ones not faster. */
const PIECE = 1 << 18;

/** Ranges of elements of bounded size that make up the range from `begin` to `end`. */
export function* pieces(begin: number, end: number): Generator<{ begin: number; end: number }> {
  for (let at = begin; at < end; at += PIECE) yield { begin: at, end: Math.min(end, at + PIECE) };
}

/** Which elements of a tensor are asked for. */
export interface FloatRange {
  /** The first one, counted in row-major order. Default: 0. */
  begin?: number;
  /** One past the last. Default: as many as there are. */
  end?: number;
  /** Memory to read them into, which is overwritten. Default: new memory. */
  memory?: FloatMemory;
}

/**
 * Memory that is reused for one piece of a tensor after the other. Fresh memory for each piece is slower, and 80 MB of
 * garbage pile up before it is collected.
 */
export class FloatMemory {
  #raw = new Uint8Array();
  #floats = new Float32Array();

  /** Memory for a number of bytes, as a file holds them. */
  raw(count: number): Uint8Array {
    if (this.#raw.length < count) this.#raw = new Uint8Array(count);
    return this.#raw.subarray(0, count);
  }

  /** Memory for a number of converted elements. */
  floats(count: number): Float32Array {
    if (this.#floats.length < count) this.#floats = new Float32Array(count);
    return this.#floats.subarray(0, count);
  }
}

/** Elements of a tensor of type `dtype` as 32-bit floats, for reading only: a view of the file if possible. */
export function readFloats(
  tensor: StoredTensor,
  dtype: FloatDtype,
  { begin, end, memory }: FloatRange & { begin: number; end: number },
): Float32Array {
  const size = DTYPES[dtype].bits / 8;
  if (memory === undefined) return toFloat32(dtype, tensor.read(begin * size, end * size));
  const raw = memory.raw((end - begin) * size);
  let bytes = tensor.read(begin * size, end * size, raw);
  if (bytes.byteOffset % size !== 0) {
    raw.set(bytes);
    bytes = raw;
  }
  if (dtype === "F32") return viewAs(dtype, bytes);
  const floats = memory.floats(end - begin);
  if (dtype === "BF16") return decodeBfloat16(viewAs(dtype, bytes), floats);
  floats.set(viewAs(dtype, bytes));
  return floats;
}
