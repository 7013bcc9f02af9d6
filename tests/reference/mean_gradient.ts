/** The gradient of the mean of a vector in float64. */

import { pitch } from "../../src/kernels/kernel.ts";

/** `dout / divisor` for each of `count` elements, 0 where the divisor is 0, padded with zeros. */
export function meanGradient(
  { dout, count, divisor }: { dout: number; count: number; divisor: number },
): Float64Array<ArrayBuffer> {
  return new Float64Array(pitch(count)).fill(divisor === 0 ? 0 : dout / divisor, 0, count);
}
