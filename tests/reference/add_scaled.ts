/** The sum of one tensor and a multiple of another in float64. */

/** `out + scale * x`, elementwise. */
export function addScaled(
  { x, out, scale }: { x: ArrayLike<number>; out: ArrayLike<number>; scale: number },
): Float64Array<ArrayBuffer> {
  return Float64Array.from(out, (value, i) => value + scale * (x[i] as number));
}
