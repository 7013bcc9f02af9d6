/** Metrics of predicted numbers. */

import { mean, pearson, spearman } from "./correlation.ts";
import { expectCount, expectWhole, finite } from "./elements.ts";
import { type Elements, expectExamples, expectSame, type Metrics, type MetricValues } from "./metrics.ts";

/** Predicted numbers, and what they should be. */
export interface RegressionBatch {
  /** Row-major: the outputs for the first example, then those for the next. */
  readonly logits: Elements;
  /** In the same order, what they should be. */
  readonly labels: Elements;
}

/** The numbers of one output, for all examples. */
interface Column {
  readonly predicted: number[];
  readonly gold: number[];
}

/**
 * Mean squared and mean absolute error, and correlations. All numbers are kept until the end, for their ranks: 16 bytes
 * an example.
 *
 * @example
 * ```ts
 * import { RegressionMetrics } from "@narrowbert/webgpu";
 *
 * const metrics = new RegressionMetrics();
 * metrics.add({ logits: [1, 2.5, 3], labels: [1, 2, 4] });
 * console.log(metrics.result().mae, metrics.result().spearmanr); // 0.5 1
 * ```
 */
export class RegressionMetrics implements Metrics<RegressionBatch> {
  readonly #columns: Column[];

  /**
   * Metrics of one output an example, or of several.
   *
   * @throws {RangeError} If `outputs` is no whole number from 1.
   */
  constructor(outputs = 1) {
    expectWhole("outputs", outputs, 1);
    this.#columns = Array.from({ length: outputs }, () => ({ predicted: [], gold: [] }));
  }

  /** Examples so far. */
  get count(): number {
    return (this.#columns[0] as Column).gold.length;
  }

  /**
   * Counts a batch in.
   *
   * @throws {TypeError} If there are not as many predictions as labels, or no whole rows of them.
   * @throws {NonFiniteError} If a number is NaN or infinite.
   */
  add(batch: RegressionBatch): void {
    const outputs = this.#columns.length;
    const rows = Math.ceil(batch.labels.length / outputs);
    expectCount(`labels, ${outputs} for each example`, batch.labels, rows * outputs);
    expectCount("logits, one for each label", batch.logits, batch.labels.length);
    const [logits, labels] = [finite("logits", batch.logits), finite("labels", batch.labels)];
    labels.forEach((label, i) => {
      const column = this.#columns[i % outputs] as Column;
      column.predicted.push(logits[i] as number);
      column.gold.push(label);
    });
  }

  /** Counts in what another has counted. @throws {TypeError} If it is of another number of outputs. */
  merge(other: RegressionMetrics): void {
    expectSame(this, other, (metrics: RegressionMetrics) => `${metrics.#columns.length} outputs`);
    this.#columns.forEach((column, i) => {
      const { predicted, gold } = other.#columns[i] as Column;
      for (const value of predicted.slice()) column.predicted.push(value);
      for (const value of gold.slice()) column.gold.push(value);
    });
  }

  /**
   * `mse`, `mae`, `pearson` and `spearmanr`, each the mean over the outputs. A correlation is NaN if all labels are the
   * same or all predictions are, as in SciPy, and if there is one example only.
   *
   * @throws {RangeError} If there are no examples.
   */
  result(): MetricValues {
    expectExamples(this.count);
    const over = (metric: (column: Column) => number) => mean(this.#columns.map(metric));
    const errors = ({ predicted, gold }: Column) => predicted.map((value, i) => value - (gold[i] as number));
    return {
      mse: over((column) => mean(errors(column).map((error) => error * error))),
      mae: over((column) => mean(errors(column).map(Math.abs))),
      pearson: over(({ predicted, gold }) => pearson(predicted, gold)),
      spearmanr: over(({ predicted, gold }) => spearman(predicted, gold)),
    };
  }
}
