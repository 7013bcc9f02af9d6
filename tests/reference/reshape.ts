/** Rows of one width as rows of another, on the bits. */

import { pitch } from "../../src/kernels/kernel.ts";

/** The elements of `x` `[*, fromColumns]` in row-major order as `[rows, columns]`. */
export function reshape(x: Uint32Array, fromColumns: number, [rows, columns]: readonly [number, number]): Uint32Array {
  const out = new Uint32Array(rows * pitch(columns));
  for (let e = 0; e < rows * columns; e++) {
    const from = Math.floor(e / fromColumns) * pitch(fromColumns) + e % fromColumns;
    out[Math.floor(e / columns) * pitch(columns) + e % columns] = x[from] as number;
  }
  return out;
}
