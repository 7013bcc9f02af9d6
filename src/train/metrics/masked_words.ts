/** Metrics of masked words. */

import { expectCount, expectWhole, finite, forEachLabelled } from "./elements.ts";
import { type Elements, expectExamples, type Metrics, type MetricValues } from "./metrics.ts";

/** The loss over some masked words, and their ranks. */
export interface MaskedWordsBatch {
  /** The mean loss over the words, in nats, as `forward` gives it. */
  readonly loss: number;
  /** How many words that is the mean of. */
  readonly words: number;
  /**
   * For each word how many others the model holds more likely, so 0 for one that it would fill in; see
   * {@linkcode ranksOf}. Left out if only the loss is known: then the accuracies are over the batches that have them.
   */
  readonly ranks?: Elements;
}

/**
 * Perplexity of masked words, and how many are found at once or among the first five.
 *
 * @example
 * ```ts
 * import { MaskedWordsMetrics } from "@narrowbert/webgpu";
 *
 * const metrics = new MaskedWordsMetrics();
 * metrics.add({ loss: Math.log(8), words: 3, ranks: [0, 4, 17] });
 * console.log(metrics.result()); // { perplexity: 8, accuracy: 1/3, top_5_accuracy: 2/3 }, but for rounding
 * ```
 */
export class MaskedWordsMetrics implements Metrics<MaskedWordsBatch> {
  readonly #sums = { losses: 0, words: 0, ranked: 0, first: 0, firstFive: 0 };

  /** Masked words so far. */
  get count(): number {
    return this.#sums.words;
  }

  /**
   * Counts a batch in.
   *
   * @throws {RangeError} If the number of words or a rank is no whole number from 0.
   * @throws {TypeError} If there are not as many ranks as words.
   * @throws {NonFiniteError} If the loss is NaN or infinite.
   */
  add({ loss, words, ranks }: MaskedWordsBatch): void {
    expectWhole("words", words, 0);
    finite("the loss", [loss]);
    if (ranks !== undefined) expectCount("ranks, one for each word", ranks, words);
    const places = Array.from(ranks ?? [], Number);
    for (const place of places) expectWhole("ranks", place, 0);
    this.#count({
      losses: loss * words,
      words,
      ranked: places.length,
      first: places.filter((place) => place === 0).length,
      firstFive: places.filter((place) => place < 5).length,
    });
  }

  /** Counts in what another has counted. */
  merge(other: MaskedWordsMetrics): void {
    this.#count({ ...other.#sums });
  }

  #count(sums: Readonly<Record<"losses" | "words" | "ranked" | "first" | "firstFive", number>>): void {
    this.#sums.losses += sums.losses;
    this.#sums.words += sums.words;
    this.#sums.ranked += sums.ranked;
    this.#sums.first += sums.first;
    this.#sums.firstFive += sums.firstFive;
  }

  /**
   * `perplexity`, e to the mean loss over all words; `accuracy`, the share of words that the model holds the most likely;
   * `top_5_accuracy`, the share among its first five. The last two are left out if no ranks were given.
   *
   * @throws {RangeError} If there are no words.
   */
  result(): MetricValues {
    const { losses, words, ranked, first, firstFive } = this.#sums;
    expectExamples(words);
    const perplexity = Math.exp(losses / words);
    return ranked === 0 ? { perplexity } : { perplexity, accuracy: first / ranked, top_5_accuracy: firstFive / ranked };
  }
}

/**
 * For each label how many classes have a larger logit, or the same and a lower number: 0 if it is predicted. Labels of
 * -100 are left out.
 *
 * @param batch `logits` row-major, a row for each label; `labels` from 0.
 * @throws {RangeError} If a label is out of range.
 * @throws {TypeError} If the logits are no whole rows.
 * @throws {NonFiniteError} If a logit is NaN or infinite.
 */
export function ranksOf(batch: { readonly logits: Elements; readonly labels: Elements }): number[] {
  const { labels } = batch;
  if (labels.length === 0) expectCount("logits, as there are no labels", batch.logits, 0);
  const classes = Math.floor(batch.logits.length / Math.max(1, labels.length));
  expectCount("logits, a row for each label", batch.logits, classes * labels.length);
  const logits = finite("logits", batch.logits);
  const ranks: number[] = [];
  forEachLabelled({ labels, classes }, (row, label) => {
    const start = row * classes;
    const own = logits[start + label] as number;
    let rank = 0;
    for (let i = 0; i < classes; i++) {
      const other = logits[start + i] as number;
      if (other > own || (other === own && i < label)) rank++;
    }
    ranks.push(rank);
  });
  return ranks;
}
