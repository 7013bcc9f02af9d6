/** Embeddings in fewer bits, as `quantize_embeddings` of sentence-transformers makes them. */

import { Tensor } from "../../base/tensor.ts";

/** An element type of embeddings; see {@linkcode quantize}. */
export type Precision = "float32" | "int8" | "uint8" | "binary" | "ubinary";

/** A tensor of embeddings in a precision: those of bits are bytes. */
export type Embedding<P extends Precision = "float32"> = Tensor<
  P extends "binary" ? "int8" : P extends "ubinary" ? "uint8" : P
>;

/** Every {@linkcode Precision}. */
export const PRECISIONS: readonly Precision[] = ["float32", "int8", "uint8", "binary", "ubinary"];

/** Smallest and largest value of each dimension, which the 256 steps of `int8` and `uint8` divide. */
export type Ranges = readonly [starts: ArrayLike<number>, ends: ArrayLike<number>];

/** Whether a precision needs ranges. */
export function needsRanges(precision: Precision): boolean {
  return precision === "int8" || precision === "uint8";
}

/**
 * The ranges of the dimensions of float32 tensors `[…, C]`, over all their rows. A single row has no ranges: all its
 * dimensions then get its own smallest and largest value. Embeddings that are quantized by their own ranges cannot be
 * compared with others.
 */
export function rangesOf(tensors: readonly Tensor[]): Ranges {
  const columns = tensors[0]?.dims.at(-1) ?? 0;
  const starts = new Float32Array(columns).fill(Infinity);
  const ends = new Float32Array(columns).fill(-Infinity);
  for (const { data } of tensors) {
    for (let i = 0; i < data.length; i++) {
      const value = data[i] as number;
      const c = i % columns;
      if (value < (starts[c] as number)) starts[c] = value;
      if (value > (ends[c] as number)) ends[c] = value;
    }
  }
  if (tensors.length !== 1 || tensors[0]!.size > columns) return [starts, ends];
  return [starts.fill(starts.reduce((a, b) => Math.min(a, b))), ends.fill(ends.reduce((a, b) => Math.max(a, b)))];
}

/**
 * A float32 tensor `[…, C]` in another precision.
 *
 * - `uint8`, `int8`: the step of the dimension's range that a value falls in, 0 to 255, or -128 to 127. Values out of
 *   the range take its nearest end. A dimension whose range is a single value takes the first step.
 * - `ubinary`, `binary`: a bit for each value, 1 if it is positive, eight to a byte, the first the highest: `[…, C/8]`
 *   bytes from 0 to 255, or the same minus 128. C must be a multiple of 8.
 *
 * @param ranges Of C dimensions; `int8` and `uint8` need them.
 *
 * @example
 * ```ts
 * import { quantize, Tensor } from "@narrowbert/webgpu";
 *
 * const embedding = new Tensor("float32", [0.5, -0.1, 0.2, -0.3, 0, 0.4, 0.1, -0.2], [1, 8]);
 * console.log(quantize(embedding, "ubinary").tolist()); // [[166]]
 * ```
 */
export function quantize<P extends Precision>(tensor: Tensor, precision: P, ranges?: Ranges): Embedding<P> {
  return quantized(tensor, precision, ranges) as Embedding<P>;
}

function quantized(tensor: Tensor, precision: Precision, ranges?: Ranges): Tensor {
  if (precision === "float32") return tensor;
  if (precision === "binary" || precision === "ubinary") return packBits(tensor, precision);
  const { data, dims } = tensor;
  const columns = dims.at(-1) as number;
  const [starts, ends] = ranges as Ranges;
  const lowest = precision === "int8" ? -128 : 0;
  const out = new (precision === "int8" ? Int8Array : Uint8Array)(data.length);
  for (let i = 0; i < data.length; i++) {
    const start = Math.fround(starts[i % columns] as number);
    // Rounded to float32 after every operation, so that the integers are those of numpy.
    const step = Math.fround(Math.fround((ends[i % columns] as number) - start) / 255);
    const steps = step > 0 ? Math.fround(Math.fround((data[i] as number) - start) / step) : 0;
    out[i] = Math.trunc(Math.fround(Math.min(255, Math.max(0, steps)) + lowest));
  }
  return new Tensor(precision, out, dims);
}

function packBits({ data, dims }: Tensor, precision: "binary" | "ubinary"): Tensor {
  const bytes = new Uint8Array(data.length / 8);
  for (let i = 0; i < data.length; i++) {
    if ((data[i] as number) > 0) bytes[i >> 3]! |= 0x80 >> (i & 7);
  }
  const packed = [...dims.slice(0, -1), (dims.at(-1) as number) / 8];
  return precision === "ubinary"
    ? new Tensor("uint8", bytes, packed)
    : new Tensor("int8", Int8Array.from(bytes, (byte) => byte - 128), packed);
}
