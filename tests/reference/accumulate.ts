/** Sums in place, from the first addend on, in float64. */

/** `x`, or `out + x` if `keep` is not 0, elementwise. */
export function accumulate(
  { x, out, keep }: { x: ArrayLike<number>; out: ArrayLike<number>; keep: number },
): Float64Array<ArrayBuffer> {
  return Float64Array.from(x, (value, i) => keep === 0 ? value : (out[i] as number) + value);
}
