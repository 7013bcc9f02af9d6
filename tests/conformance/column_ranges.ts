/** Kernels that take some columns of a matrix only: where these are, and that no other element changes. */

import { bitsOf } from "./bits.ts";
import type { Expected } from "./conformance.ts";

/** Columns of a matrix whose rows are `stride` elements apart, as kernels have them as params. */
export interface Columns {
  rows: number;
  columns: number;
  at: number;
  stride: number;
}

/** Sizes of a case, and whether there are other columns between the rows. */
export type Sizes = Columns & { gaps: 0 | 1 };

/** All elements of so many, padding included. */
export function pieceOf(count: number): Sizes {
  return { rows: 1, columns: count, at: 0, stride: count, gaps: 0 };
}

const columnsOf = (rows: number, columns: number, at: number, stride: number): Sizes => {
  return { rows, columns, at, stride, gaps: 1 };
};

/** Sizes of cases: pieces and columns by turns. */
export const SIZES: readonly Sizes[] = [
  pieceOf(0),
  columnsOf(0, 4, 4, 8),
  pieceOf(4),
  columnsOf(1, 4, 4, 8),
  pieceOf(24),
  columnsOf(3, 4, 0, 12),
  pieceOf(256),
  columnsOf(3, 8, 4, 12),
  pieceOf(260),
  columnsOf(5, 12, 8, 20),
  pieceOf(31 * 768),
  columnsOf(67, 4, 0, 8),
  columnsOf(31, 256, 512, 768),
];

/** Sizes in words. */
export function sizesText({ rows, columns, at, stride, gaps }: Sizes): string {
  return gaps === 0 ? `${columns} elements` : `${rows} x ${columns} at ${at} of ${stride}`;
}

/** Where the elements of the columns are; undefined if they are the matrix. */
export function placesOf({ rows, columns, at, stride }: Columns): Uint32Array | undefined {
  if (columns === stride) return undefined;
  return Uint32Array.from(
    { length: rows * columns },
    (_, i) => Math.floor(i / columns) * stride + at + i % columns,
  );
}

/** The elements of the columns. */
export function taken(data: Float32Array, { rows, stride }: Columns, places: Uint32Array | undefined): Float32Array {
  if (places === undefined) return data.subarray(0, rows * stride);
  return Float32Array.from(places, (i) => data[i] as number);
}

/** What a whole buffer must hold of which some elements are expected, and the others are as before. */
export function withRest({ values, at, bound = 0 }: Expected, before: Float32Array): Expected {
  if (at === undefined) return { values, bound };
  const all = values instanceof Float64Array ? Float64Array.from(before) : bitsOf(before);
  const bounds = new Float64Array(before.length);
  at.forEach((place, i) => {
    all[place] = values[i] as number;
    bounds[place] = typeof bound === "number" ? bound : bound[i] as number;
  });
  return { values: all, bound: bounds };
}
