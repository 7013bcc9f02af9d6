/** Numbers of 32 bits in few digits. */

/** Digits that are always enough to tell a float32 from its neighbours. */
const MOST_DIGITS = 9;

/**
 * The number with the fewest decimal digits whose nearest float32 is the given one: 0.1 for 0.10000000149011612. JSON
 * then has half of the digits.
 *
 * @param x A float32.
 */
export function shortestFloat(x: number): number {
  let found = x;
  for (let digits = MOST_DIGITS - 1; digits > 0; digits--) {
    const fewer = Number(x.toPrecision(digits));
    if (Math.fround(fewer) !== x) break;
    found = fewer;
  }
  return found === x ? Number(x.toPrecision(MOST_DIGITS)) : found;
}
