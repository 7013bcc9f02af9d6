/** Softmax on the CPU, in float64: for a handful of numbers that were read back. */

/** `e^x / sum of e^x`; no logit is too large for it. */
export function softmax(logits: ArrayLike<number>): number[] {
  let largest = -Infinity;
  for (let i = 0; i < logits.length; i++) largest = Math.max(largest, logits[i] as number);
  const exponentials = Array.from(logits, (x) => Math.exp(x - largest));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((x) => x / sum);
}
