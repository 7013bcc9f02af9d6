/** What the cases of the gradients of attention share: problems as in `attention_data.ts`, tiles of keys, and bounds. */

import { KEY_TILE_WORDS, TILE_KEYS } from "../../../src/kernels/training/attention/attention_key_gradient.ts";
import type { AttentionInputs } from "../../reference/attention.ts";
import type { Added, KeyRange, ReadPair, ScoreGradient, Target, Weights } from "../../reference/attention_gradients.ts";
import { random } from "../data.ts";
import type { Problem, Shape } from "./attention_data.ts";
import { ABSORBED, ABSORBED_WIDE, FOLDED, LONG_HEADS, SHAPES } from "./attention_shapes.ts";

/** Shapes without distances; with the folded ones, at which most works of a grid lie in its second row. */
export const PLAIN: readonly Shape[] = [
  ...SHAPES,
  ...FOLDED,
  ...LONG_HEADS,
  ...ABSORBED.filter(({ headSize }) => headSize === 100),
  ...ABSORBED_WIDE.slice(0, 1),
].filter(({ relative = 0 }) => relative === 0);

/** Shapes with distances. */
export const RELATIVE: readonly Shape[] = [...SHAPES, ...LONG_HEADS].filter(({ relative = 0 }) => relative > 0);

/** Numbers for each row, head and key of a problem, as the gradient of scores is: zeros past a row's last key. */
export function scoreWeights(
  { sequences, rows, heads, columns }: Problem,
): Weights & { data: Float32Array<ArrayBuffer> } {
  const next = random(columns + 7);
  const data = new Float32Array(rows * heads * columns);
  for (const { rowStart, rowCount, keyCount } of sequences) {
    for (let i = rowStart * heads; i < (rowStart + rowCount) * heads; i++) {
      for (let j = 0; j < keyCount; j++) data[i * columns + j] = next();
    }
  }
  return { data, columns };
}

/** What a tensor holds before something is added to it; it lies as another does. */
export function filled({ data, ...place }: Target): Target & { data: Float32Array<ArrayBuffer> } {
  const next = random(data.length);
  return { data: Float32Array.from({ length: data.length }, next), ...place };
}

/** The sequences of a problem as ranges of all their keys. */
export function rangesOf({ sequences }: Problem): KeyRange[] {
  return sequences.map((sequence) => ({ ...sequence, column: 0 }));
}

/** The tiles of keys of a problem, and its geometry with their table behind all others. */
export function keyTilesOf({ sequences, geometry }: Problem): {
  tiles: KeyRange[];
  geometry: Uint32Array<ArrayBuffer>;
  tilesAt: number;
} {
  const tiles = sequences.flatMap(({ keyStart, keyCount, ...rows }) =>
    Array.from({ length: Math.ceil(keyCount / TILE_KEYS) }, (_, i): KeyRange => {
      const column = i * TILE_KEYS;
      return { ...rows, keyStart: keyStart + column, keyCount: Math.min(TILE_KEYS, keyCount - column), column };
    })
  );
  const table = new Uint32Array(geometry.length + KEY_TILE_WORDS * tiles.length);
  table.set(geometry);
  tiles.forEach(({ keyStart, keyCount, column, rowStart, rowCount }, i) => {
    table.set([keyStart, keyCount, column, rowStart, rowCount], geometry.length + KEY_TILE_WORDS * i);
  });
  return { tiles, geometry: table, tilesAt: geometry.length };
}

/** Reads the embedding of the distance between row and token. */
export function byDistance({ relative }: Pick<Problem, "relative">): ReadPair {
  return (r, t, _a, d) => {
    if (relative === null) return NaN;
    const { queryPositions, keyPositions, center, distance } = relative;
    return distance((queryPositions[r] as number) - (keyPositions[t] as number) + center, d);
  };
}

/** Of a sum that is added to an element: its terms and one more * 2^-23 * the sum of their sizes. */
export function addedBounds({ sizes, counts }: Pick<Added, "sizes" | "counts">): Float64Array {
  return sizes.map((size, i) => ((counts[i] as number) + 1) * 2 ** -23 * size);
}

/**
 * Of the gradient by scores: d rounds as a sum of products does, its mean as one of these and a sum over the keys; then
 * two products, a difference and a product follow. What is too small for a normal number may be 0.
 */
export function scoreGradientBounds(
  { sequences, heads, headSize, scale, headScale }: Pick<
    AttentionInputs,
    "sequences" | "heads" | "headSize" | "scale" | "headScale"
  >,
  { p: { data: p, columns }, dropped }: { p: Weights; dropped: ArrayLike<number> },
  { sizes }: ScoreGradient,
): Float64Array {
  const bounds = new Float64Array(p.length);
  for (const { rowStart, rowCount, keyCount } of sequences) {
    for (let i = rowStart * heads; i < (rowStart + rowCount) * heads; i++) {
      const divisor = headScale[i % heads] || 1;
      let mean = 0;
      for (let at = i * columns; at < i * columns + keyCount; at++) {
        mean += (dropped[at] as number) * (sizes[at] as number) / divisor;
      }
      for (let at = i * columns; at < i * columns + keyCount; at++) {
        const own = (headSize + 4) * (dropped[at] as number) * (sizes[at] as number);
        const error = own + (headSize + keyCount + 6) * (p[at] as number) * mean;
        bounds[at] = Math.abs(scale) * 2 ** -23 * error + 2 ** -120;
      }
    }
  }
  return bounds;
}
