/** Partial sums of squares in float64. */

/** The size from which an element's square counts as infinite, and that from which a sum does. */
export const LARGEST = { element: 2 ** 62, sum: 2 ** 126 };

/**
 * The sum of the squares of each workgroup's part: `lanes` vec4s for each of `groups` workgroups by turns. Infinite if an
 * element is too large or not a number.
 */
export function sumSquares(
  x: ArrayLike<number>,
  { groups, lanes }: { groups: number; lanes: number },
): Float64Array<ArrayBuffer> {
  const sums = new Float64Array(groups);
  for (let i = 0; i < x.length; i++) {
    const group = Math.floor(i / 4 / lanes) % groups;
    const value = x[i] as number;
    const square = Math.abs(value) < LARGEST.element ? value * value : Infinity;
    sums[group] = (sums[group] as number) + square;
  }
  return sums.map((sum) => sum < LARGEST.sum ? sum : Infinity);
}
