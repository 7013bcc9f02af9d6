/** The mean of a vector in float64. */

/** `sum(x) / divisor`, 0 where the divisor is 0. */
export function reduceSum(x: ArrayLike<number>, divisor: number): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] as number;
  return divisor === 0 ? 0 : sum / divisor;
}
