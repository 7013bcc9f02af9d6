/** From a ragged batch to its sizes and to the tables that attention reads. */

import { TILE_ROWS } from "../../kernels/attention/attention.ts";
import { pitch } from "../../kernels/kernel.ts";
import { KEY_TILE_WORDS, TILE_KEYS } from "../../kernels/training/attention/attention_key_gradient.ts";
import type { Ragged } from "./ragged.ts";

/** The sizes and tables of a ragged batch. */
export interface Packed {
  /**
   * Tiles of all tokens, tiles of the narrow rows, positions of the tokens, positions of the narrow rows; `u32 [G]`.
   * For gradients, tiles of the keys of all tokens and of the narrow rows follow.
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

/** What a batch packed for gradients has besides, in its `sizes`: its tiles of keys. */
export type KeyTileSizes = Record<"tokenKeyTiles" | "rowKeyTiles" | "tokenKeyTilesAt" | "rowKeyTilesAt", number>;

/**
 * Makes the attention tables of a ragged batch.
 *
 * @param options `gradients`: whether the tables that only gradients read are made too; their places and counts are then
 *   in `sizes`, as {@linkcode KeyTileSizes}.
 */
export function pack(
  { places, lengths, keyCounts, rows, rowCounts }: Ragged,
  { gradients = false }: { gradients?: boolean } = {},
): Packed {
  const [T, R] = [places.length, rows.length];
  const tokenTiles = tilesOf(lengths);
  const rowTiles = tilesOf(rowCounts);
  const rowTilesAt = 4 * tokenTiles;
  const tokenPositionsAt = rowTilesAt + 4 * rowTiles;
  const rowPositionsAt = tokenPositionsAt + T;
  const keyTiles = gradients ? keyTileSizes(rowPositionsAt + R, { lengths, keyCounts, rowCounts }) : null;
  const words = keyTiles === null ? rowPositionsAt + R : keyTiles.rowKeyTilesAt + KEY_TILE_WORDS * keyTiles.rowKeyTiles;
  const attentionTables = new Uint32Array(words);
  const keyStarts = new Uint32Array(lengths.length);
  const rowStarts = new Uint32Array(lengths.length + 1);
  let token = 0;
  let row = 0;
  let longest = 0;
  let rowKeys = 0;
  let [tokenTile, rowTile] = [0, rowTilesAt];
  let [tokenKeyTile, rowKeyTile] = [keyTiles?.tokenKeyTilesAt ?? 0, keyTiles?.rowKeyTilesAt ?? 0];
  for (let b = 0; b < lengths.length; b++) {
    const [length, count, keys] = [lengths[b] as number, rowCounts[b] as number, keyCounts[b] as number];
    tokenTile = writeTiles(attentionTables, tokenTile, { row: token, count: length, keyStart: token, keys });
    rowTile = writeTiles(attentionTables, rowTile, { row, count, keyStart: token, keys });
    if (keyTiles !== null) {
      const tokens = { row: token, count: length, keyStart: token, keys };
      tokenKeyTile = writeKeyTiles(attentionTables, tokenKeyTile, tokens);
      rowKeyTile = writeKeyTiles(attentionTables, rowKeyTile, { row, count, keyStart: token, keys });
    }
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
      ...keyTiles,
    },
    keyStarts,
    rowStarts,
    rowKeys,
  };
}

/** The number of tiles of sequences of these lengths. */
function tilesOf(counts: Uint32Array, size: number = TILE_ROWS): number {
  let tiles = 0;
  for (let b = 0; b < counts.length; b++) tiles += Math.ceil((counts[b] as number) / size);
  return tiles;
}

/** The numbers and places of the tiles of keys, which begin at word `at`. */
function keyTileSizes(
  at: number,
  { lengths, keyCounts, rowCounts }: Pick<Ragged, "lengths" | "keyCounts" | "rowCounts">,
): KeyTileSizes {
  // Keys of sequences without rows are in no tile.
  const count = (rows: Uint32Array) =>
    tilesOf(keyCounts.map((keys, b) => (rows[b] as number) > 0 ? keys : 0), TILE_KEYS);
  const tokenKeyTiles = count(lengths);
  return {
    tokenKeyTiles,
    rowKeyTiles: count(rowCounts),
    tokenKeyTilesAt: at,
    rowKeyTilesAt: at + KEY_TILE_WORDS * tokenKeyTiles,
  };
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

/**
 * Cuts the keys of one sequence, if it has rows, into tiles (first key, keys, its column, first row, rows), and returns the
 * index after them.
 */
function writeKeyTiles(
  table: Uint32Array,
  at: number,
  { row, count, keyStart, keys }: { row: number; count: number; keyStart: number; keys: number },
): number {
  for (let done = 0; done < keys && count > 0; done += TILE_KEYS) {
    table.set([keyStart + done, Math.min(TILE_KEYS, keys - done), done, row, count], at);
    at += KEY_TILE_WORDS;
  }
  return at;
}
