/** From a ragged batch to its sizes and to the tables that attention reads. */

import { TILE_ROWS } from "../../kernels/attention/attention.ts";
import { pitch } from "../../kernels/kernel.ts";
import type { Ragged } from "./ragged.ts";

/** The sizes and tables of a ragged batch. */
export interface Packed {
  /**
   * Tiles of all tokens, tiles of the narrow rows, positions of the tokens, positions of the narrow rows; `u32 [G]`.
   * They share a buffer because attention binds 8 storage buffers, which is all that WebGPU's default limits allow.
   */
  attentionTables: Uint32Array;
  /** Sizes by the names that graphs use. */
  sizes: PackedSizes;
  /** First packed token of each sequence, `[B]`. */
  keyStarts: Uint32Array;
  /** First narrow row of each sequence, and their number at the end: `[B + 1]`. */
  rowStarts: Uint32Array;
  /** Sum over narrow rows of the keys that each attends to. */
  rowKeys: number;
}

/** Sizes and offsets of a packed batch. */
export interface PackedSizes extends Record<string, number> {
  /** Sequences, packed tokens, narrow rows. */
  B: number;
  T: number;
  R: number;
  /** The longest key count, rounded up to a multiple of 4. */
  K: number;
  /** Words of the attention tables. */
  G: number;
  tokenTiles: number;
  rowTiles: number;
  tokenTilesAt: number;
  rowTilesAt: number;
  tokenPositionsAt: number;
  rowPositionsAt: number;
}

/** Makes the attention tables of a ragged batch. */
export function pack({ places, lengths, keyCounts, rows, rowCounts }: Ragged): Packed {
  const [T, R] = [places.length, rows.length];
  const tokenTiles = tilesOf(lengths);
  const rowTiles = tilesOf(rowCounts);
  const rowTilesAt = 4 * tokenTiles;
  const tokenPositionsAt = rowTilesAt + 4 * rowTiles;
  const rowPositionsAt = tokenPositionsAt + T;
  const attentionTables = new Uint32Array(rowPositionsAt + R);
  const keyStarts = new Uint32Array(lengths.length);
  const rowStarts = new Uint32Array(lengths.length + 1);
  let token = 0;
  let row = 0;
  let longest = 0;
  let rowKeys = 0;
  let [tokenTile, rowTile] = [0, rowTilesAt];
  for (let b = 0; b < lengths.length; b++) {
    const [length, count, keys] = [lengths[b] as number, rowCounts[b] as number, keyCounts[b] as number];
    tokenTile = writeTiles(attentionTables, tokenTile, { row: token, count: length, keyStart: token, keys });
    rowTile = writeTiles(attentionTables, rowTile, { row, count, keyStart: token, keys });
    keyStarts[b] = token;
    token += length;
    row += count;
    rowStarts[b + 1] = row;
    rowKeys += count * keys;
    longest = Math.max(longest, keys);
  }
  attentionTables.set(places, tokenPositionsAt);
  for (let r = 0; r < R; r++) attentionTables[rowPositionsAt + r] = places[rows[r] as number] as number;
  return {
    attentionTables,
    sizes: {
      B: lengths.length,
      T,
      R,
      K: pitch(longest),
      G: attentionTables.length,
      tokenTiles,
      rowTiles,
      tokenTilesAt: 0,
      rowTilesAt,
      tokenPositionsAt,
      rowPositionsAt,
    },
    keyStarts,
    rowStarts,
    rowKeys,
  };
}

/** The number of tiles of sequences of these lengths. */
function tilesOf(counts: Uint32Array): number {
  let tiles = 0;
  for (let b = 0; b < counts.length; b++) tiles += Math.ceil((counts[b] as number) / TILE_ROWS);
  return tiles;
}

/** Cuts the rows of one sequence into tiles (first row, rows, first key, keys), and returns the index after them. */
function writeTiles(
  table: Uint32Array,
  at: number,
  { row, count, keyStart, keys }: { row: number; count: number; keyStart: number; keys: number },
): number {
  for (let done = 0; done < count; done += TILE_ROWS) {
    table[at++] = row + done;
    table[at++] = Math.min(TILE_ROWS, count - done);
    table[at++] = keyStart;
    table[at++] = keys;
  }
  return at;
}
