/** From logits to scores, in float64: a handful of numbers per text, after the model has read them back. */

/** Turns logits into scores. */
export type ScoreFunction = "softmax" | "sigmoid" | "none";

/** Applies a {@linkcode ScoreFunction} to the logits of one text. */
export function scores(logits: readonly number[], apply: ScoreFunction): number[] {
  if (apply === "none") return [...logits];
  if (apply === "sigmoid") return logits.map((x) => 1 / (1 + Math.exp(-x)));
  const largest = Math.max(...logits);
  const exponentials = logits.map((x) => Math.exp(x - largest));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((x) => x / sum);
}
