/** Groups of columns by a number for each row and group, in float64. */

import { pitch } from "../../src/kernels/kernel.ts";

/** `out[r, g * size + c] = x[r, g * size + c] * scale[r, g]`; x is `[rows, columns]`, pitched. */
export function scaleGroups(
  { rows, columns, size, x, scale }: {
    rows: number;
    columns: number;
    size: number;
    x: ArrayLike<number>;
    scale: ArrayLike<number>;
  },
): Float64Array<ArrayBuffer> {
  const stride = pitch(columns);
  const groups = Math.ceil(columns / size);
  const out = new Float64Array(rows * stride);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      out[r * stride + c] = (x[r * stride + c] as number) * (scale[r * groups + Math.floor(c / size)] as number);
    }
  }
  return out;
}
