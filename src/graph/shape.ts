/** Shapes whose dimensions may be symbols, known only when a call comes. */

import { elementCount } from "../base/shape.ts";
import { pitch } from "../kernels/kernel.ts";

/** A dimension: a number, or the name of a size that each call gives (`T` tokens, `R` rows, `B` sequences, …). */
export type Dim = number | string;

/** What a call says its sizes are; also other whole numbers that kernels are told. */
export type Sizes = Readonly<Record<string, number>>;

/** How a tensor lies in memory: rows padded to a multiple of 4 columns, or without any padding. */
export type Layout = "pitched" | "tight";

/** The value of a dimension in a call. */
export function dimOf(dim: Dim, sizes: Sizes): number {
  if (typeof dim === "number") return dim;
  const size = sizes[dim];
  if (size === undefined) throw new Error(`Cannot size a tensor: the call gives no size "${dim}"`);
  return size;
}

/** The dimensions in a call. */
export function dimsOf(shape: readonly Dim[], sizes: Sizes): number[] {
  return shape.map((dim) => dimOf(dim, sizes));
}

/** Rows of the tensor seen as a matrix: the product of all dimensions but the last. */
export function rowsOf(shape: readonly Dim[], sizes: Sizes): number {
  return elementCount(dimsOf(shape.slice(0, -1), sizes));
}

/** Bytes that a tensor of 32-bit elements takes on the GPU. */
export function bytesOf(shape: readonly Dim[], layout: Layout, sizes: Sizes): number {
  const last = shape.length === 0 ? 1 : dimOf(shape[shape.length - 1] as Dim, sizes);
  return rowsOf(shape, sizes) * (layout === "pitched" ? pitch(last) : last) * 4;
}

/** The last dimension, which must be a number. */
export function columnsOf(shape: readonly Dim[]): number {
  const last = shape[shape.length - 1];
  if (typeof last !== "number") throw new TypeError(`Expected a fixed last dimension, got [${shape.join(", ")}]`);
  return last;
}
