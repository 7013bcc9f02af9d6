/** Metrics of one label among several, of texts or of tokens. */

import { softmax } from "../../base/softmax.ts";
import { Calibration, type CalibrationBin } from "./calibration.ts";
import { ConfusionMatrix, countsOf, matthewsCorrelation } from "./confusion_matrix.ts";
import { argmax, expectCount, finite, forEachLabelled } from "./elements.ts";
import { type Elements, expectExamples, type Metrics, type MetricValues } from "./metrics.ts";
import { type ClassScore, meanOf, scoreOf, share, sumOf } from "./scores.ts";

/** Logits and labels of some examples. */
export interface ClassificationBatch {
  /** Row-major: the logits of all classes for the first example, then those for the next. */
  readonly logits: Elements;
  /** The class of each example; -100 for one that is not counted. */
  readonly labels: Elements;
}

/**
 * Accuracy, precision, recall, F1, Matthews' correlation and calibration of predicted classes, as scikit-learn defines
 * them. The class predicted is that of the largest logit, of the first if several are.
 *
 * @example
 * ```ts
 * import { ClassificationMetrics, prefixed } from "@narrowbert/webgpu";
 *
 * const metrics = new ClassificationMetrics(2);
 * metrics.add({ logits: [2, -1, 0.5, 1], labels: [0, 0] }); // predicts 0, then 1
 * metrics.add({ logits: [-3, 3], labels: [1] });
 * console.log(prefixed("eval", metrics.result()).eval_accuracy); // 0.6666666666666666
 * console.log(metrics.confusion.tolist()); // [[1, 1], [0, 1]]
 * ```
 */
export class ClassificationMetrics implements Metrics<ClassificationBatch> {
  /** How often each class was predicted as each. */
  readonly confusion: ConfusionMatrix;
  readonly #calibration = new Calibration();

  /** Metrics of so many classes. @throws {RangeError} If `classes` is no whole number from 1. */
  constructor(classes: number) {
    this.confusion = new ConfusionMatrix(classes);
  }

  /** Examples with a label so far. */
  get count(): number {
    return this.confusion.total;
  }

  /**
   * Counts a batch in.
   *
   * @throws {RangeError} If a label is out of range.
   * @throws {TypeError} If there are not as many logits as the labels and classes ask for.
   * @throws {NonFiniteError} If a logit is NaN or infinite.
   */
  add(batch: ClassificationBatch): void {
    const { classes } = this.confusion;
    expectCount("logits, a class each for every label", batch.logits, batch.labels.length * classes);
    const logits = finite("logits", batch.logits);
    forEachLabelled({ labels: batch.labels, classes }, (example, label) => {
      const row = logits.subarray(example * classes, (example + 1) * classes);
      const predicted = argmax(row);
      this.confusion.add(label, predicted);
      this.#calibration.add(softmax(row)[predicted] as number, predicted === label);
    });
  }

  /** Counts in what another has counted. @throws {TypeError} If it is of another number of classes. */
  merge(other: ClassificationMetrics): void {
    this.confusion.merge(other.confusion);
    this.#calibration.merge(other.#calibration);
  }

  /** Precision, recall, F1 and support of each class. */
  byClass(): ClassScore[] {
    return this.confusion.byClass();
  }

  /** The 15 bins of the calibration error, from the least probability to the greatest. */
  calibration(): CalibrationBin[] {
    return this.#calibration.bins();
  }

  /**
   * `accuracy`; `precision`, `recall` and `f1`, the means over the classes that occur, as label or as prediction;
   * `f1_micro` and `f1_weighted`, by support; `matthews_correlation`; and `calibration_error`, expected by 15 bins.
   *
   * A share of nothing is 0, such as the precision of a class that was never predicted. So is the correlation if all
   * examples are of one class, or were predicted as one.
   *
   * @throws {RangeError} If there are no examples.
   */
  result(): MetricValues {
    expectExamples(this.count);
    const counts = countsOf(this.confusion);
    const sum = sumOf(counts);
    const scores = counts.filter(({ gold, predicted }) => gold + predicted > 0).map(scoreOf);
    return {
      accuracy: share(sum.right, sum.gold),
      precision: meanOf(scores, "precision"),
      recall: meanOf(scores, "recall"),
      f1: meanOf(scores, "f1"),
      f1_micro: scoreOf(sum).f1,
      f1_weighted: meanOf(scores, "f1", "support"),
      matthews_correlation: matthewsCorrelation(this.confusion),
      calibration_error: this.#calibration.error(),
    };
  }
}
