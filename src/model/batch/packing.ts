/**
 * Packs a batch into one ragged list of the tokens that must be computed.
 *
 * A sequence's keys (tokens whose mask is 1) come first, then its rows that are asked for though masked: those are queries
 * but never keys. So keys are a range, no kernel needs a mask, and padding costs nothing.
 */

import { TILE_ROWS } from "../../kernels/attention/attention.ts";
import { pitch } from "../../kernels/kernel.ts";
import type { Batch } from "./inputs.ts";

/** Which positions the narrow layers compute: each sequence's first, those of `narrow_mask`, or no narrow layers at all. */
export type RowRule = "first" | "narrow_mask" | "ordinary";

/** A packed batch: what the GPU is told, and what it takes to lay results out again. */
export interface Packed {
  /** `u32 [T, 4]`: word id, type id, position id, 0. */
  tokens: Uint32Array;
  /** `u32 [R]`: the packed token of each narrow row. */
  rowIndex: Uint32Array;
  /** Tiles of all tokens, tiles of the narrow rows, true positions of tokens, true positions of narrow rows. */
  geometry: Uint32Array;
  /** Sizes by the names that graphs use. */
  sizes: PackedSizes;
  /** Where each packed token comes from: index `b * L + l`. */
  tokenPlaces: Uint32Array;
  /** Where each narrow row comes from. */
  rowPlaces: Uint32Array;
  /** First narrow row of each sequence, and their number at the end: `[B + 1]`. */
  rowStarts: Uint32Array;
  /** First packed token of each sequence and its number of keys. */
  keyStarts: Uint32Array;
  keyCounts: Uint32Array;
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
  /** Words of the geometry. */
  G: number;
  tokenTiles: number;
  rowTiles: number;
  tokenTilesAt: number;
  rowTilesAt: number;
  tokenPositionsAt: number;
  rowPositionsAt: number;
}

/** Packs a batch under a rule. */
export function pack(batch: Batch, rule: RowRule): Packed {
  const { sequences, length, mask } = batch;
  const wanted = wantedRows(batch, rule);
  const tokenPlaces: number[] = [];
  const rowPlaces: number[] = [];
  const rowIndex: number[] = [];
  const tokenTiles: number[] = [];
  const rowTiles: number[] = [];
  const rowStarts = new Uint32Array(sequences + 1);
  const keyStarts = new Uint32Array(sequences);
  const keyCounts = new Uint32Array(sequences);
  const packedAt = new Uint32Array(length);
  let rowKeys = 0;
  for (let b = 0; b < sequences; b++) {
    const start = tokenPlaces.length;
    for (const keys of [true, false]) {
      for (let l = 0; l < length; l++) {
        const at = b * length + l;
        if ((mask[at] === 1) !== keys || !(keys || wanted[at] === 1)) continue;
        packedAt[l] = tokenPlaces.length;
        tokenPlaces.push(at);
      }
      if (keys) keyCounts[b] = tokenPlaces.length - start;
    }
    keyStarts[b] = start;
    const firstRow = rowPlaces.length;
    for (let l = 0; l < length; l++) {
      if (wanted[b * length + l] !== 1) continue;
      rowPlaces.push(b * length + l);
      rowIndex.push(packedAt[l] as number);
    }
    rowStarts[b + 1] = rowPlaces.length;
    const keyCount = keyCounts[b] as number;
    rowKeys += (rowPlaces.length - firstRow) * keyCount;
    pushTiles(tokenTiles, start, tokenPlaces.length - start, start, keyCount);
    pushTiles(rowTiles, firstRow, rowPlaces.length - firstRow, start, keyCount);
  }
  const trueLength = Math.max(1, length);
  const tokenPositions = tokenPlaces.map((at) => at % trueLength);
  const rowPositions = rowPlaces.map((at) => at % trueLength);
  const geometry = Uint32Array.from([...tokenTiles, ...rowTiles, ...tokenPositions, ...rowPositions]);
  const longest = keyCounts.reduce((a, b) => Math.max(a, b), 0);
  return {
    tokens: packTokens(batch, tokenPlaces),
    rowIndex: Uint32Array.from(rowIndex),
    geometry,
    sizes: {
      B: sequences,
      T: tokenPlaces.length,
      R: rowPlaces.length,
      K: pitch(longest),
      G: geometry.length,
      tokenTiles: tokenTiles.length / 4,
      rowTiles: rowTiles.length / 4,
      tokenTilesAt: 0,
      rowTilesAt: tokenTiles.length,
      tokenPositionsAt: tokenTiles.length + rowTiles.length,
      rowPositionsAt: tokenTiles.length + rowTiles.length + tokenPositions.length,
    },
    tokenPlaces: Uint32Array.from(tokenPlaces),
    rowPlaces: Uint32Array.from(rowPlaces),
    rowStarts,
    keyStarts,
    keyCounts,
    rowKeys,
  };
}

/** Flags `[B, L]` of the narrow rows. */
function wantedRows({ sequences, length, narrow }: Batch, rule: RowRule): Float64Array {
  if (rule === "narrow_mask" && narrow !== null) return narrow;
  const wanted = new Float64Array(sequences * length);
  if (rule === "first") { for (let b = 0; b < sequences; b++) wanted[b * length] = 1; }
  return wanted;
}

/** Cuts `count` rows of one sequence into tiles: first row, rows, first key, keys. */
function pushTiles(tiles: number[], row: number, count: number, keyStart: number, keyCount: number): void {
  for (let done = 0; done < count; done += TILE_ROWS) {
    tiles.push(row + done, Math.min(TILE_ROWS, count - done), keyStart, keyCount);
  }
}

function packTokens({ ids, types, positions }: Batch, places: readonly number[]): Uint32Array {
  const tokens = new Uint32Array(4 * places.length);
  places.forEach((at, t) => {
    tokens[4 * t] = ids?.[at] ?? 0;
    tokens[4 * t + 1] = types[at] as number;
    tokens[4 * t + 2] = positions[at] as number;
  });
  return tokens;
}

/** Packs the caller's word embeddings `[B, L, H]` as `[T, pitch(H)]`. */
export function packEmbeds(embeds: Float64Array, places: Uint32Array, width: number): Float32Array {
  const stride = pitch(width);
  const packed = new Float32Array(places.length * stride);
  places.forEach((at, t) => packed.set(embeds.subarray(at * width, (at + 1) * width), t * stride));
  return packed;
}
