/** Metrics of a choice among several. */

import { argmax, expectCount, finite, forEachLabelled } from "./elements.ts";
import { type Elements, expectExamples, type Metrics, type MetricValues } from "./metrics.ts";

/** The logits of questions with as many choices each. */
export interface ChoicesBatch {
  /** Row-major: the logits of all choices of the first question, then those of the next. */
  readonly logits: Elements;
  /** The right choice of each question; -100 for one that is not counted. */
  readonly labels: Elements;
}

/**
 * How often the right choice has the largest logit. Questions of one batch have as many choices each; those of another
 * may have more or fewer.
 *
 * @example
 * ```ts
 * import { ChoiceMetrics } from "@narrowbert/webgpu";
 *
 * const metrics = new ChoiceMetrics();
 * metrics.add({ logits: [0.1, 2, -1], labels: [1] }); // one question with three choices
 * metrics.add({ logits: [1, 0, 1, 0], labels: [0, 1] }); // two with two
 * console.log(metrics.result()); // { accuracy: 0.6666666666666666 }
 * ```
 */
export class ChoiceMetrics implements Metrics<ChoicesBatch> {
  #questions = 0;
  #right = 0;

  /** Questions so far. */
  get count(): number {
    return this.#questions;
  }

  /**
   * Counts a batch in.
   *
   * @throws {RangeError} If a label is out of range.
   * @throws {TypeError} If the logits are no whole rows.
   * @throws {NonFiniteError} If a logit is NaN or infinite.
   */
  add(batch: ChoicesBatch): void {
    const { labels } = batch;
    if (labels.length === 0) expectCount("logits, as there are no labels", batch.logits, 0);
    const classes = Math.floor(batch.logits.length / Math.max(1, labels.length));
    expectCount("logits, as many for each label", batch.logits, classes * labels.length);
    const logits = finite("logits", batch.logits);
    forEachLabelled({ labels, classes }, (question, label) => {
      this.#questions++;
      if (argmax(logits.subarray(question * classes, (question + 1) * classes)) === label) this.#right++;
    });
  }

  /** Counts in what another has counted. */
  merge(other: ChoiceMetrics): void {
    const [questions, right] = [other.#questions, other.#right];
    this.#questions += questions;
    this.#right += right;
  }

  /** `accuracy`. @throws {RangeError} If there are no questions. */
  result(): MetricValues {
    expectExamples(this.#questions);
    return { accuracy: this.#right / this.#questions };
  }
}
