/** Gathering rows, on the bits. */

import { NO_ROW } from "../../src/kernels/rows/gather_rows.ts";
import { pitch } from "../../src/kernels/kernel.ts";

/** `out[r] = x[index[r]]`, zeros for NO_ROW; [index.length, columns]. */
export function gatherRows(x: Uint32Array, index: Uint32Array, columns: number): Uint32Array<ArrayBuffer> {
  const stride = pitch(columns);
  const out = new Uint32Array(index.length * stride);
  index.forEach((source, r) => {
    for (let c = 0; c < stride; c++) out[r * stride + c] = source === NO_ROW ? 0 : x[source * stride + c] as number;
  });
  return out;
}
