/** Whether a model is right as often as it says. */

/** Bins of equal width. */
const BINS = 15;

/** The predictions of about the same probability. */
export interface CalibrationBin {
  /** Probabilities of the bin are above it. */
  readonly above: number;
  /** The greatest probability of the bin. */
  readonly upTo: number;
  /** Predictions. */
  readonly count: number;
  /** The mean of their probabilities; 0 if there are none. */
  readonly confidence: number;
  /** The share of them that is right; 0 if there are none. */
  readonly accuracy: number;
}

/**
 * Predictions by the probability that the model gave them, in 15 bins of equal width: bin m of them has those above
 * (m - 1) / 15 and up to m / 15.
 */
export class Calibration {
  readonly #counts = new Float64Array(BINS);
  readonly #right = new Float64Array(BINS);
  readonly #confidence = new Float64Array(BINS);

  /** Counts a prediction, the probability of the class predicted and whether it was right. */
  add(probability: number, right: boolean): void {
    const bin = Math.min(BINS - 1, Math.max(0, Math.ceil(probability * BINS) - 1));
    (this.#counts[bin] as number)++;
    (this.#confidence[bin] as number) += probability;
    if (right) (this.#right[bin] as number)++;
  }

  /** Adds the counts of another. */
  merge(other: Calibration): void {
    for (let bin = 0; bin < BINS; bin++) {
      (this.#counts[bin] as number) += other.#counts[bin] as number;
      (this.#confidence[bin] as number) += other.#confidence[bin] as number;
      (this.#right[bin] as number) += other.#right[bin] as number;
    }
  }

  /** The bins, from the least probability to the greatest, those too that have no predictions. */
  bins(): CalibrationBin[] {
    return Array.from(this.#counts, (count, bin) => ({
      above: bin / BINS,
      upTo: (bin + 1) / BINS,
      count,
      confidence: (this.#confidence[bin] as number) / Math.max(1, count),
      accuracy: (this.#right[bin] as number) / Math.max(1, count),
    }));
  }

  /**
   * The expected calibration error: the mean over predictions of the difference in their bin between the mean
   * probability and the share that is right. 0 is perfect.
   *
   * Source: Guo et al., "On calibration of modern neural networks", ICML 2017.
   */
  error(): number {
    const total = this.#counts.reduce((a, b) => a + b, 0);
    let sum = 0;
    for (const { count, confidence, accuracy } of this.bins()) sum += count * Math.abs(accuracy - confidence);
    return sum / Math.max(1, total);
  }
}
