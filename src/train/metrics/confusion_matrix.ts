/** How often each class was predicted as each. */

import { shown } from "../../base/messages.ts";
import { expectSame } from "./metrics.ts";
import { expectWhole } from "./elements.ts";
import { type ClassScore, type ScoreCounts, scoreOf } from "./scores.ts";

/** Counts of pairs of a class and the one predicted for it. */
export class ConfusionMatrix {
  /** How many classes there are. */
  readonly classes: number;
  /** Of each class, a row, how many were predicted as each, a column: `[classes, classes]`. */
  readonly counts: Float64Array;

  /** A matrix of zeros. @throws {RangeError} If `classes` is no whole number from 1. */
  constructor(classes: number) {
    this.classes = expectWhole("classes", classes, 1);
    this.counts = new Float64Array(classes * classes);
  }

  /** All that were counted. */
  get total(): number {
    return this.counts.reduce((a, b) => a + b, 0);
  }

  /** How many of a class were predicted as another, or as itself. */
  at(gold: number, predicted: number): number {
    return this.counts[gold * this.classes + predicted] as number;
  }

  /** Counts one. @throws {RangeError} If either is no whole number from 0 and below `classes`. */
  add(gold: number, predicted: number): void {
    for (const index of [gold, predicted]) {
      if (Number.isInteger(index) && index >= 0 && index < this.classes) continue;
      throw new RangeError(`Cannot count: a class must be from 0 to ${this.classes - 1}, got ${shown(index)}`);
    }
    (this.counts[gold * this.classes + predicted] as number)++;
  }

  /** Adds the counts of another matrix. @throws {TypeError} If it has another number of classes. */
  merge(other: ConfusionMatrix): void {
    expectSame(this, other, ({ classes }: ConfusionMatrix) => `${classes} classes`);
    other.counts.forEach((count, i) => (this.counts[i] as number) += count);
  }

  /** Precision, recall, F1 and support of each class. */
  byClass(): ClassScore[] {
    return countsOf(this).map(scoreOf);
  }

  /** The rows, as plain arrays. */
  tolist(): number[][] {
    return Array.from(
      { length: this.classes },
      (_, gold) => Array.from(this.counts.subarray(gold * this.classes, (gold + 1) * this.classes)),
    );
  }
}

/** What the scores of each class are computed from. */
export function countsOf(matrix: ConfusionMatrix): ScoreCounts[] {
  const counts = Array.from({ length: matrix.classes }, () => ({ right: 0, predicted: 0, gold: 0 }));
  counts.forEach((row, gold) => {
    row.right = matrix.at(gold, gold);
    counts.forEach((column, predicted) => {
      row.gold += matrix.at(gold, predicted);
      column.predicted += matrix.at(gold, predicted);
    });
  });
  return counts;
}

/**
 * Matthews' correlation of classes and predictions; 0 if all are of one class, or predicted as one.
 *
 * Source: Gorodkin, "Comparing two K-category assignments by a K-category correlation coefficient", 2004.
 */
export function matthewsCorrelation(matrix: ConfusionMatrix): number {
  const total = matrix.total;
  let [right, products, predictions, golds] = [0, 0, 0, 0];
  for (const row of countsOf(matrix)) {
    right += row.right;
    products += row.gold * row.predicted;
    predictions += row.predicted ** 2;
    golds += row.gold ** 2;
  }
  const norm = Math.sqrt(total ** 2 - predictions) * Math.sqrt(total ** 2 - golds);
  return norm === 0 ? 0 : (right * total - products) / norm;
}
