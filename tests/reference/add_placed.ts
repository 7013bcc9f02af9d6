/** The sum of some columns of a tensor and another tensor in float64. */

import { pitch } from "../../src/kernels/kernel.ts";

/** `out[r, at + c] + x[r, c]`, and `out` itself elsewhere; x is pitched, rows of `out` are `stride` elements apart. */
export function addPlaced(
  { rows, columns, at, stride, x, out }: {
    rows: number;
    columns: number;
    at: number;
    stride: number;
    x: ArrayLike<number>;
    out: ArrayLike<number>;
  },
): Float64Array<ArrayBuffer> {
  const sums = Float64Array.from(out);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const to = r * stride + at + c;
      sums[to] = (out[to] as number) + (x[r * pitch(columns) + c] as number);
    }
  }
  return sums;
}
