/** From a caller's padded batch to a ragged one. */

import { pitch } from "../../kernels/kernel.ts";
import type { Batch } from "./inputs.ts";
import type { Ragged, RowRule } from "./ragged.ts";

/**
 * The tokens of a padded batch that must be computed: of each sequence its keys (tokens whose mask is 1), then its
 * narrow rows that are masked.
 *
 * @param width H, for the caller's own word embeddings.
 */
export function raggedOf(batch: Batch, rule: RowRule, width: number): Ragged {
  const { sequences, length, mask, ids, types, positions } = batch;
  const wanted = wantedRows(batch, rule);
  const isKey = (at: number) => mask[at] === 1;
  const isRow = (at: number) => wanted !== null && wanted(at);
  const count = countWhere(sequences * length, (at) => isKey(at) || isRow(at));
  const tokens = new Uint32Array(4 * count);
  const places = new Uint32Array(count);
  const lengths = new Uint32Array(sequences);
  const keyCounts = new Uint32Array(sequences);
  const rows = new Uint32Array(wanted === null ? 0 : countWhere(sequences * length, isRow));
  const rowCounts = new Uint32Array(sequences);
  const packedAt = new Uint32Array(length);
  let token = 0;
  let row = 0;
  for (let b = 0; b < sequences; b++) {
    const start = token;
    const take = (l: number) => {
      const at = b * length + l;
      packedAt[l] = token;
      places[token] = l;
      tokens[4 * token] = ids?.[at] ?? 0;
      tokens[4 * token + 1] = types[at] as number;
      tokens[4 * token + 2] = positions[at] as number;
      token++;
    };
    for (let l = 0; l < length; l++) if (isKey(b * length + l)) take(l);
    keyCounts[b] = token - start;
    for (let l = 0; l < length; l++) if (!isKey(b * length + l) && isRow(b * length + l)) take(l);
    lengths[b] = token - start;
    const firstRow = row;
    for (let l = 0; l < length; l++) if (isRow(b * length + l)) rows[row++] = packedAt[l] as number;
    rowCounts[b] = row - firstRow;
  }
  const embeds = batch.embeds === null ? null : packEmbeds(batch.embeds, placesInBatch(places, lengths, length), width);
  return { tokens, places, lengths, keyCounts, rows, rowCounts, embeds };
}

/** The index of each token of a ragged batch in the caller's padded one: `b * L + l`. */
export function placesInBatch(places: Uint32Array, lengths: Uint32Array, length: number): Uint32Array {
  const all = places.slice();
  let token = 0;
  lengths.forEach((count, b) => {
    for (let i = 0; i < count; i++) (all[token++] as number) += b * length;
  });
  return all;
}

/** How many rows the last layer computes: the narrow rows, or all keys if layers run as ordinary ones. */
export function rowCountOf(batch: Batch, rule: RowRule): number {
  const { sequences, length, mask } = batch;
  return countWhere(sequences * length, wantedRows(batch, rule) ?? ((at) => mask[at] === 1));
}

/** Whether a token is a narrow row; null if none is. */
function wantedRows({ length, narrow }: Batch, rule: RowRule): ((at: number) => boolean) | null {
  if (rule === "first") return (at) => at % length === 0;
  return rule === "narrow_mask" && narrow !== null ? (at) => narrow[at] === 1 : null;
}

function countWhere(count: number, is: (at: number) => boolean): number {
  let found = 0;
  for (let at = 0; at < count; at++) if (is(at)) found++;
  return found;
}

/** Packs the caller's word embeddings `[B, L, H]` as `[T, pitch(H)]`. */
export function packEmbeds(embeds: Float64Array, places: Uint32Array, width: number): Float32Array {
  const stride = pitch(width);
  const packed = new Float32Array(places.length * stride);
  places.forEach((at, t) => packed.set(embeds.subarray(at * width, (at + 1) * width), t * stride));
  return packed;
}
