/** Sizes that are known only when a program is called: dimensions, scalars, and products of both. */

import { pitch } from "../kernels/kernel.ts";

/** A dimension: a number, or the name of a u32 scalar that each call gives (`T` tokens, `R` rows, `B` sequences, …). */
export type Dim = number | string;

/** A number that each call gives, declared by `Graph.scalar`; kernels find it in their uniform struct. */
export interface Scalar {
  readonly name: string;
  readonly dtype: "u32" | "f32";
}

/** A size: a dimension, or a declared scalar. */
export type Size = Dim | Scalar;

/** A size, or the product of several. */
export type Extent = Size | readonly Size[];

/** A call's scalars by name. Those that reach ops are complete: `checkScalars` has seen them. */
export type Scalars = Readonly<Record<string, number>>;

/** How a tensor lies in memory: rows padded to a multiple of 4 columns, or without any padding. */
export type Layout = "pitched" | "tight";

/**
 * A size in a call.
 *
 * @throws {Error} If the call gives no such scalar.
 */
export function valueOf(size: Size, scalars: Scalars): number {
  if (typeof size === "number") return size;
  const name = typeof size === "string" ? size : size.name;
  const value = scalars[name];
  if (value === undefined) throw new Error(`Cannot size a tensor: the call gives no scalar "${name}"`);
  return value;
}

/** An extent in a call; 1 for a product of nothing. */
export function extentOf(extent: Extent, scalars: Scalars): number {
  if (!isProduct(extent)) return valueOf(extent, scalars);
  let product = 1;
  for (const size of extent) product *= valueOf(size, scalars);
  return product;
}

/** The dimensions in a call. */
export function dimsOf(shape: readonly Dim[], scalars: Scalars): number[] {
  return shape.map((dim) => valueOf(dim, scalars));
}

/** Rows of the tensor seen as a matrix: the product of all dimensions but the last. */
export function rowsOf(shape: readonly Dim[], scalars: Scalars): number {
  let rows = 1;
  for (let i = 0; i < shape.length - 1; i++) rows *= valueOf(shape[i] as Dim, scalars);
  return rows;
}

/** The last dimension; 1 for a single number. */
export function lastOf(shape: readonly Dim[]): Dim {
  return shape.at(-1) ?? 1;
}

/** Bytes that a tensor of 32-bit elements takes on the GPU. */
export function bytesOf(shape: readonly Dim[], layout: Layout, scalars: Scalars): number {
  const last = valueOf(lastOf(shape), scalars);
  return rowsOf(shape, scalars) * (layout === "pitched" ? pitch(last) : last) * 4;
}

/** The last dimension, which must be a number. */
export function columnsOf(shape: readonly Dim[]): number {
  const last = shape[shape.length - 1];
  if (typeof last !== "number") throw new TypeError(`Expected a fixed last dimension, got [${shape.join(", ")}]`);
  return last;
}

/** An extent as a number times its sorted symbols. Two extents can be compared by that before a call. */
export function factorsOf(extent: Extent): { factor: number; symbols: string } {
  const sizes = isProduct(extent) ? extent : [extent];
  let factor = 1;
  const symbols: string[] = [];
  for (const size of sizes) {
    if (typeof size === "number") factor *= size;
    else symbols.push(typeof size === "string" ? size : size.name);
  }
  return { factor, symbols: symbols.sort().join(" ") };
}

/** An extent in words, for messages. */
export function extentText(extent: Extent): string {
  const sizes = isProduct(extent) ? extent : [extent];
  return sizes.map((size) => typeof size === "object" ? size.name : size).join(" * ") || "1";
}

function isProduct(extent: Extent): extent is readonly Size[] {
  return Array.isArray(extent);
}
