/**
 * The inputs and attributes of attention (heads inside packed matrices, tables of rows, distances), and their checks.
 */

import { pitch } from "../../../kernels/kernel.ts";
import type { Constants } from "../../../kernels/kernel.ts";
import type { TypesOf } from "../../op.ts";
import { type Dim, lastOf, type Scalar } from "../../shape.ts";
import { expectFours, expectNumber, expectType, expectWhole, Mismatch } from "../../types.ts";
import type { Type, Value } from "../../value.ts";
import { checkMask, type DropoutMask } from "../training/dropout.ts";

/** Where each head's vector lies in a row: `row[offset + head * distance + d]`. */
export interface HeadPlace {
  offset?: number;
  /** Distance between heads; 0 if all share one vector. */
  distance: number;
}

/** The vectors of all heads inside a matrix of packed rows. */
export interface HeadVectors extends HeadPlace {
  value: Value;
}

/** A table that begins at word `at` of a value. */
export interface Slice {
  value: Value;
  at: Scalar;
}

/**
 * Which keys each query row of a call attends to: tables of u32, all in one value. A batch has four of them: tiles of
 * tokens, tiles of narrow rows, positions of tokens, positions of narrow rows. They must share one buffer, because
 * attention binds eight storage buffers with it: q, k, v, this one, distances, head scales, out and sums. Eight is all
 * that every WebGPU device allows a shader.
 */
export interface AttentionTables {
  /** `count` tiles: first row, rows, first key, keys. */
  tiles: Slice & { count: Scalar };
  /** The true position of each query row. */
  queryPositions: Slice;
  /** The true position of each token. */
  keyPositions: Slice;
  /** The longest key count, rounded up to a multiple of 4. */
  keys: Dim;
  /** Only gradients need these: `count` tiles of keys, as the kernel `attention_key_gradient` takes them. */
  keyTiles?: Slice & { count: Scalar };
}

/** Learned embeddings of the distance between query and key. */
export interface RelativePositions {
  /** `[2 max - 1, D]`. */
  distance: Value;
  /** Row of distance 0. */
  center: number;
  /** Whether keys are multiplied by the distance too (`relative_key_query`). */
  withKeys: boolean;
}

/** What attention takes, whether its probabilities are stored or not. */
export interface AttentionCall {
  label: string;
  rows: AttentionTables;
  heads: number;
  /** Padded head size of queries and keys. */
  headSize: number;
  /** Factor of the scores. */
  scale: number;
  q: HeadVectors;
  k: HeadVectors;
  v: HeadVectors;
  /** `[A]`, multiplied onto each head's probabilities. */
  headScale: Value;
  relative: RelativePositions | null;
  /** The queries that are multiplied by distances, `size` elements a head, if they are not q itself. */
  qRelative?: HeadVectors & { size: number };
  /** Which probabilities are left out of the sums over values, if any are. */
  dropout?: DropoutMask;
}

/** The values of attention. */
export type AttentionInputs = {
  q: Value;
  k: Value;
  v: Value;
  geometry: Value;
  queryPositions: Value;
  keyPositions: Value;
  keyTiles?: Value;
  headScale: Value;
  distance?: Value;
  qRelative?: Value;
};

/** The attributes of attention. */
export interface AttentionAttributes {
  q: HeadPlace;
  k: HeadPlace;
  v: HeadPlace;
  qRelative: HeadPlace & { size: number } | null;
  tiles: { at: Scalar; count: Scalar };
  queryPositionsAt: Scalar;
  keyPositionsAt: Scalar;
  keyTiles: { at: Scalar; count: Scalar } | null;
  keys: Dim;
  heads: number;
  headSize: number;
  scale: number;
  relative: { center: number; withKeys: boolean } | null;
  dropout: DropoutMask | null;
  /** `stored` if probabilities are stored; otherwise the constants of the kernel that stores none. */
  form: "stored" | Constants;
}

/** Distance of a matrix's rows: all dimensions but the first, the last one pitched. */
export function rowStride({ shape }: Type): number {
  const inner = shape.slice(1).map((dim) => typeof dim === "number" ? dim : NaN);
  const last = inner.pop() ?? NaN;
  return inner.reduce((a, b) => a * b, pitch(last));
}

/**
 * Checks the types and places of attention.
 *
 * @throws {Mismatch} Naming the first that does not fit.
 */
export function checkAttention(types: TypesOf<AttentionInputs>, attributes: AttentionAttributes): void {
  const { q, k, v, geometry, headScale, distance, qRelative } = types;
  const { heads, headSize, scale, relative, dropout, form } = attributes;
  expectWhole("heads", heads, [1, Infinity]);
  expectWhole("head size", headSize, [1, Infinity]);
  expectFours("head size", headSize);
  expectNumber("scale", scale);
  if (dropout !== null) {
    checkMask(dropout);
    if (form !== "stored") throw new Mismatch("form must be stored under dropout, got another");
  }
  checkHeads("q", q, { place: attributes.q, heads, size: headSize });
  checkHeads("k", k, { place: attributes.k, heads, size: headSize });
  checkHeads("v", v, { place: attributes.v, heads, size: headSize });
  expectType("v", v, { shape: [k.shape[0] as Dim, ...v.shape.slice(1)] });
  expectType("geometry", geometry, { dtype: "u32", shape: ["*"] });
  for (const name of ["queryPositions", "keyPositions", "keyTiles"] as const) {
    // `apply` passes each value as its own type, so identity shows whether two are the same value.
    if ((types[name] ?? geometry) !== geometry) {
      throw new Mismatch(`${name} must lie in the value that holds the tiles, got another`);
    }
  }
  expectType("headScale", headScale, { dtype: "f32", shape: ["*"] });
  const [scales] = headScale.shape;
  if (typeof scales === "number" && scales < heads) {
    throw new Mismatch(`headScale must have ${heads} elements or more, got [${scales}]`);
  }
  if (distance === undefined || relative === null) return;
  checkDistances(distance, relative.center, attributes.qRelative?.size ?? headSize);
  if (qRelative !== undefined && attributes.qRelative !== null) {
    checkHeads("qRelative", qRelative, { place: attributes.qRelative, heads, size: attributes.qRelative.size });
  } else if (attributes.k.distance === 0 && heads > 1) {
    throw new Mismatch("qRelative must be given if heads share their keys and positions are relative, got none");
  }
}

/**
 * Checks the heads of a tensor: f32, at multiples of 4, inside its rows.
 *
 * @throws {Mismatch} Naming what does not fit.
 */
export function checkHeads(
  thing: string,
  type: Type,
  { place: { offset = 0, distance }, heads, size }: { place: HeadPlace; heads: number; size: number },
): void {
  expectType(thing, type, { dtype: "f32", layout: "pitched" });
  expectFours(`offset of ${thing}`, offset);
  expectFours(`distance of ${thing}`, distance);
  const end = offset + (heads - 1) * distance + size;
  if (end <= rowStride(type)) return;
  throw new Mismatch(`${thing} must have rows of ${end} columns or more, got [${type.shape.join(", ")}]`);
}

/** Checks a table of distances for heads of `size`. @throws {Mismatch} Naming what does not fit. */
export function checkDistances(distance: Type, center: number, size: number): void {
  expectType("distance", distance, { dtype: "f32", shape: ["*", "*"], layout: "pitched" });
  const [rows, columns] = [distance.shape[0], lastOf(distance.shape)];
  if (typeof columns !== "number" || pitch(columns) !== size) {
    throw new Mismatch(
      `distance must have rows of ${size} columns, padding included, got [${distance.shape.join(", ")}]`,
    );
  }
  expectWhole("center", center, [0, typeof rows === "number" ? rows - 1 : Infinity]);
}
