/** Metrics of several labels at once. */

import { expectCount, expectWhole, finite } from "./elements.ts";
import { type Elements, expectExamples, expectSame, type Metrics, type MetricValues } from "./metrics.ts";
import { type ClassScore, meanOf, type ScoreCounts, scoreOf, sumOf } from "./scores.ts";

/** Logits and labels of some examples. */
export interface MultiLabelBatch {
  /** Row-major: the logits of all labels for the first example, then those for the next. */
  readonly logits: Elements;
  /** In the same order, 1 for a label that the example has, and 0 for one that it has not. */
  readonly labels: Elements;
}

/**
 * Subset accuracy, precision, recall and F1 if an example may have several labels, or none, as scikit-learn defines
 * them. A label is predicted if its logit is above 0, so its probability above one half.
 *
 * @example
 * ```ts
 * import { MultiLabelMetrics } from "@narrowbert/webgpu";
 *
 * const metrics = new MultiLabelMetrics(2);
 * metrics.add({ logits: [2, -1, 0.5, 1], labels: [1, 0, 0, 1] });
 * console.log(metrics.result().f1); // 0.8
 * ```
 */
export class MultiLabelMetrics implements Metrics<MultiLabelBatch> {
  readonly #counts: ScoreCounts[];
  #examples = 0;
  #right = 0;

  /** Metrics of so many labels. @throws {RangeError} If `classes` is no whole number from 1. */
  constructor(classes: number) {
    expectWhole("classes", classes, 1);
    this.#counts = Array.from({ length: classes }, () => ({ right: 0, predicted: 0, gold: 0 }));
  }

  /** Examples so far. */
  get count(): number {
    return this.#examples;
  }

  /**
   * Counts a batch in.
   *
   * @throws {RangeError} If a label is neither 0 nor 1.
   * @throws {TypeError} If there are not as many logits as labels, or no whole rows of them.
   * @throws {NonFiniteError} If a logit is NaN or infinite.
   */
  add(batch: MultiLabelBatch): void {
    const classes = this.#counts.length;
    const rows = Math.ceil(batch.labels.length / classes);
    expectCount(`labels, ${classes} for each example`, batch.labels, rows * classes);
    expectCount("logits, one for each label", batch.logits, batch.labels.length);
    const logits = finite("logits", batch.logits);
    const labels = Array.from(batch.labels, Number);
    const wrong = labels.findIndex((label) => label !== 0 && label !== 1);
    if (wrong >= 0) {
      throw new RangeError(`Cannot count a batch: labels must be 0 or 1, got ${labels[wrong]} at ${wrong}`);
    }
    for (let row = 0; row < rows; row++) {
      let right = true;
      this.#counts.forEach((counts, i) => {
        const gold = labels[row * classes + i] === 1;
        const predicted = (logits[row * classes + i] as number) > 0;
        if (gold) counts.gold++;
        if (predicted) counts.predicted++;
        if (gold && predicted) counts.right++;
        right &&= gold === predicted;
      });
      this.#examples++;
      if (right) this.#right++;
    }
  }

  /** Counts in what another has counted. @throws {TypeError} If it is of another number of labels. */
  merge(other: MultiLabelMetrics): void {
    expectSame(this, other, (metrics: MultiLabelMetrics) => `${metrics.#counts.length} labels`);
    other.#counts.forEach((counts, i) => this.#counts[i] = sumOf([this.#counts[i] as ScoreCounts, counts]));
    this.#examples += other.#examples;
    this.#right += other.#right;
  }

  /** Precision, recall, F1 and support of each label. */
  byClass(): ClassScore[] {
    return this.#counts.map(scoreOf);
  }

  /**
   * `accuracy`, the share of examples all of whose labels are right; `precision`, `recall` and `f1` over the labels of
   * all examples (micro averages); `f1_macro`, the mean over all labels; `f1_weighted`, by support. A share of nothing
   * is 0.
   *
   * @throws {RangeError} If there are no examples.
   */
  result(): MetricValues {
    expectExamples(this.#examples);
    const scores = this.byClass();
    const { precision, recall, f1 } = scoreOf(sumOf(this.#counts));
    return {
      accuracy: this.#right / this.#examples,
      precision,
      recall,
      f1,
      f1_macro: meanOf(scores, "f1"),
      f1_weighted: meanOf(scores, "f1", "support"),
    };
  }
}
