/** How far LayerNorm in f32 may be from its float64 twin. */

import { pitch } from "../../src/kernels/kernel.ts";
import { type LayerNormCall, rowStatistics } from "../reference/layer_norm.ts";

/**
 * The bound of each element. A normalized value inherits the rounding of the row's values, in units of the deviation:
 * of their differences from each other, and of the additions that made them where there are `addends` (their absolute
 * sum, by element); then a few roundings of its own size and of the bias follow.
 */
export function layerNormBound(call: LayerNormCall, addends?: Float64Array): Float64Array {
  const { rows, columns, weight, bias } = call;
  const bound = new Float64Array(rows * pitch(columns));
  for (let r = 0; r < rows; r++) {
    const { v, mean, deviation } = rowStatistics(call, r);
    let rounded = 0;
    for (let c = 0; c < columns; c++) {
      const added = addends?.[r * pitch(columns) + c] ?? 0;
      rounded = Math.max(rounded, added + Math.abs((v[c] as number) - (v[0] as number)));
    }
    for (let c = 0; c < columns; c++) {
      const normal = (Math.abs((v[c] as number) - mean) + rounded) / deviation;
      const size = normal * Math.abs(weight[c] as number) + Math.abs(bias[c] as number);
      bound[r * pitch(columns) + c] = 2 * 2 ** -23 * size;
    }
  }
  return bound;
}
