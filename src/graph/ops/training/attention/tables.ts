/** What the ops of the gradients of attention share: sizes, tables, and their params. */

import { attentionCost } from "../../../cost.ts";
import { type Dim, lastOf, type Scalar, type Scalars, valueOf } from "../../../shape.ts";
import { expectFours, expectType, expectWhole, Mismatch } from "../../../types.ts";
import type { Type, Value } from "../../../value.ts";
import { type HeadPlace, rowStride } from "../../attention/call.ts";

/** A table of tiles in the geometry. */
export interface Tiles {
  at: Scalar;
  count: Scalar;
}

/** Where positions lie in the geometry, and the row of distance 0. */
export interface Positions {
  queryPositionsAt: Scalar;
  keyPositionsAt: Scalar;
  center: number;
}

/** Sizes of heads, and the tiles of a call. */
export interface Heads {
  heads: number;
  headSize: number;
  tiles: Tiles;
}

/** Checks sizes, the tables, and what is `[rows, heads, keys]`. @throws {Mismatch} Naming what does not fit. */
export function checkTables(
  { heads, headSize }: Heads,
  { geometry, weights: [name, weights] }: { geometry: Type; weights: readonly [name: string, type: Type] },
): void {
  expectWhole("heads", heads, [1, Infinity]);
  expectWhole("head size", headSize, [1, Infinity]);
  expectFours("head size", headSize);
  expectType("geometry", geometry, { dtype: "u32", shape: ["*"] });
  expectType(name, weights, { dtype: "f32", shape: ["*", heads, "*"], layout: "pitched" });
}

/** Checks that heads do not share what each adds to. @throws {Mismatch} If they do. */
export function checkApart(thing: string, { distance }: HeadPlace, { heads, headSize }: Heads): void {
  if (heads === 1 || distance >= headSize) return;
  throw new Mismatch(`distance of ${thing} must be ${headSize} or more, got ${distance}`, RangeError);
}

/** The params of sizes and of tiles; `weights` is `[rows, heads, keys]`. */
export function headParams({ heads, headSize, tiles }: Heads, weights: Value, scalars: Scalars) {
  return {
    tiles: valueOf(tiles.count, scalars),
    heads,
    head_size: headSize,
    keys: valueOf(lastOf(weights.shape), scalars),
    tiles_at: valueOf(tiles.at, scalars),
  };
}

/** The params of a tensor that is read. */
export function readParams(x: Value, { offset = 0, distance }: HeadPlace) {
  return { x_offset: offset, x_stride: rowStride(x), x_head: distance };
}

/** The params of a tensor that is added to. */
export function addParams(to: Value, { offset = 0, distance }: HeadPlace) {
  return { d_offset: offset, d_stride: rowStride(to), d_head: distance };
}

/** The params of positions. */
export function positionParams(positions: Positions | null, scalars: Scalars) {
  return {
    query_positions_at: positions === null ? 0 : valueOf(positions.queryPositionsAt, scalars),
    key_positions_at: positions === null ? 0 : valueOf(positions.keyPositionsAt, scalars),
    center: positions?.center ?? 0,
  };
}

/** The cost of a sum over all keys of all rows: an upper bound, as if all rows had the longest sequence's keys. */
export function sumCost({ heads, headSize }: Heads, weights: Value, scalars: Scalars): number {
  const [rows, keys] = [weights.shape[0] as Dim, lastOf(weights.shape)];
  return attentionCost(valueOf(rows, scalars) * heads * headSize * valueOf(keys, scalars));
}
