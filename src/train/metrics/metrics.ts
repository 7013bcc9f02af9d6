/** What all metrics share: they take the batches of an evaluation one by one, and give numbers by name. */

import { classOf } from "../../base/messages.ts";

/** Numbers by the names that Hugging Face's `evaluate` and its training scripts give them: `accuracy`, `f1`. */
export type MetricValues = Readonly<Record<string, number>>;

/** Elements of a typed array, a tensor's `data` for instance, or of a plain array. */
export type Elements = ArrayLike<number | bigint>;

/** Metrics of an evaluation, whose examples come in batches. How they are cut into batches makes no difference. */
export interface Metrics<Batch> {
  /** Examples so far. */
  readonly count: number;
  /** Counts a batch in. If it is wrong, it changes nothing. */
  add(batch: Batch): void;
  /** Counts in what another of the same kind has counted, as if its batches had been added here. */
  merge(other: this): void;
  /** The numbers over all examples so far. @throws {RangeError} If there are none. */
  result(): MetricValues;
}

/**
 * Numbers under names with a prefix, as a trainer logs them: `eval_accuracy`. A name that has it already keeps its name.
 *
 * @example
 * ```ts
 * import { prefixed } from "@narrowbert/webgpu";
 *
 * console.log(prefixed("eval", { accuracy: 0.75, f1: 0.5 })); // { eval_accuracy: 0.75, eval_f1: 0.5 }
 * ```
 */
export function prefixed(prefix: string, values: MetricValues): MetricValues {
  const start = `${prefix}_`;
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name.startsWith(start) ? name : start + name, value]),
  );
}

/** @throws {RangeError} If nothing was counted: no metric of nothing is defined. */
export function expectExamples(count: number): void {
  if (count > 0) return;
  throw new RangeError("Cannot compute metrics: there must be an example with a label, got none");
}

/** @throws {TypeError} If two sets of metrics do not count the same thing, by what describes each. */
export function expectSame(own: object, other: object, describe: (metrics: never) => string): void {
  const textOf = (metrics: object) =>
    metrics.constructor === own.constructor ? describe(metrics as never) : classOf(metrics);
  if (textOf(own) === textOf(other)) return;
  throw new TypeError(`Cannot merge metrics: the other must be those of ${textOf(own)}, got ${textOf(other)}`);
}
