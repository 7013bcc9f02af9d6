/** Dropout in float64, with the random words that the shader draws. */

import { philox } from "../../src/base/random.ts";

/** `out[i] = x[i] * scale`, or 0 if the element's word is below `threshold`; plus `residual[i]` if there is one. */
export function dropout(
  { x, residual, seed, stream, threshold, scale }: {
    x: ArrayLike<number>;
    residual: ArrayLike<number> | null;
    seed: number;
    stream: number;
    threshold: number;
    scale: number;
  },
): Float64Array<ArrayBuffer> {
  return Float64Array.from(x, (value, i) => {
    const word = philox(seed, stream, Math.floor(i / 2))[i % 2] as number;
    return (word >= threshold ? scale * value : 0) + (residual?.[i] ?? 0);
  });
}
