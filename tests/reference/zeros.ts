/** Zeros in float64. */

/** `out = 0`, over `count` elements. */
export function zeros(count: number): Float64Array<ArrayBuffer> {
  return new Float64Array(count);
}
