/** The weighted sum of single numbers in float64. */

/** The sum of `weight * value`; a part of weight 0 counts nothing. */
export function weightedSum(parts: readonly (readonly [weight: number, value: number])[]): number {
  return parts.reduce((sum, [weight, value]) => weight === 0 ? sum : sum + weight * value, 0);
}
