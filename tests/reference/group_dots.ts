/** Dot products of groups of columns with parts of a vector in float64. */

import { pitch } from "../../src/kernels/kernel.ts";

/** What {@linkcode groupDots} takes; x is `[rows, columns]`, pitched, and the last group may be smaller. */
export interface GroupDotsCall {
  rows: number;
  columns: number;
  size: number;
  at: number;
  x: ArrayLike<number>;
  y: ArrayLike<number>;
}

/** `out[r, g] = sum over c of x[r, g * size + c] * y[at + g * size + c]`, and the same of absolute products. */
export function groupDots(
  { rows, columns, size, at, x, y }: GroupDotsCall,
): { out: Float64Array<ArrayBuffer>; sizes: Float64Array<ArrayBuffer> } {
  const groups = Math.ceil(columns / size);
  const [out, sizes] = [new Float64Array(rows * groups), new Float64Array(rows * groups)];
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const i = r * groups + Math.floor(c / size);
      const product = (x[r * pitch(columns) + c] as number) * (y[at + c] as number);
      out[i] = (out[i] as number) + product;
      sizes[i] = (sizes[i] as number) + Math.abs(product);
    }
  }
  return { out, sizes };
}
