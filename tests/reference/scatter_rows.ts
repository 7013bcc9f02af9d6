/** Scattering rows, on the bits. */

import { NO_ROW } from "../../src/kernels/rows/gather_rows.ts";
import { pitch } from "../../src/kernels/kernel.ts";

/** `out` after `out[index[r]] = x[r]` for every index but NO_ROW; the given `out` is left as it is. */
export function scatterRows(
  { x, index, out, columns }: { x: Uint32Array; index: Uint32Array; out: Uint32Array; columns: number },
): Uint32Array<ArrayBuffer> {
  const stride = pitch(columns);
  const result = new Uint32Array(out);
  index.forEach((target, r) => {
    if (target === NO_ROW) return;
    for (let c = 0; c < stride; c++) result[target * stride + c] = x[r * stride + c] as number;
  });
  return result;
}
