/** How labels count in a loss: they may be smoothed, and have weights by class. */

import { classOf, describe } from "../../base/messages.ts";
import { NO_LABEL } from "../../kernels/losses/cross_entropy.ts";
import type { HeadCall, Objective } from "./head_call.ts";

/** How labels count in a loss. */
export interface LabelOptions {
  /**
   * The share of each label that is spread over all labels alike, from 0 to less than 1, as in PyTorch's
   * `CrossEntropyLoss`: a row's loss is `logsumexp(x) - (1 - label_smoothing) x[label] - label_smoothing mean(x)`. Not for
   * regression and several labels at once. @default 0
   */
  label_smoothing?: number;
  /**
   * A number from 0 for each label, `[num_labels]`, or `[vocab_size]` for masked words: each row's loss, smoothed or not, is
   * multiplied by the weight of its label, and the mean divides by the sum of these weights instead of the number of rows.
   * So only their ratios count. Rows of weight 0 are as rows without a label; if there are no others the loss is 0. Not for
   * multiple choice, regression and several labels at once. @default all 1
   */
  class_weights?: ArrayLike<number>;
}

/** What is given of each part of a step. */
type LabelledCall = Pick<HeadCall, "head" | "objective">;

/**
 * The calls of all parts of a step, with labels that count as the options say.
 *
 * The rows' weights are scaled so that their sum over all parts is the number of labels, by which the loss is divided.
 *
 * @param call `purpose` is what the loss is for, in messages: `take a step`.
 * @throws {RangeError} If a number is out of range.
 * @throws {TypeError} If such labels have no weights, or the weights are no array of one for each.
 */
export function weighLabels<C extends LabelledCall>(
  calls: readonly C[],
  { label_smoothing, class_weights, purpose }: LabelOptions & { purpose: string },
): C[] {
  for (const { objective } of calls) {
    checkSmoothing(purpose, label_smoothing, objective);
    checkWeights(purpose, class_weights, objective);
  }
  const factor = class_weights && factorsOf(class_weights, calls);
  return calls.map((call) => {
    const labels = labelsOf(call);
    if (labels === null) return call;
    const { head } = call;
    const loss_weights = factor && Float32Array.from(labels, factor);
    return {
      ...call,
      head: {
        ...head,
        inputs: { ...head.inputs, ...(loss_weights && { loss_weights }) },
        scalars: { ...head.scalars, ...(label_smoothing !== undefined && { label_smoothing }) },
      },
    };
  });
}

/** The packed labels of a call; null if it has none, or targets. */
function labelsOf({ head: { inputs } }: LabelledCall): Uint32Array | null {
  return inputs?.labels instanceof Uint32Array ? inputs.labels : null;
}

/** By label what its rows' losses are multiplied by: 0 if all labels of the calls have the weight 0. */
function factorsOf(weights: ArrayLike<number>, calls: readonly LabelledCall[]): (label: number) => number {
  const labels = calls.flatMap((call) => Array.from(labelsOf(call) ?? [])).filter((label) => label !== NO_LABEL);
  const largest = labels.reduce((most, label) => Math.max(most, weights[label] as number), 0);
  if (largest === 0) return () => 0;
  const ratio = (label: number) => (weights[label] as number) / largest; // of which the sum is finite, and at least 1
  const sum = labels.reduce((total, label) => total + ratio(label), 0);
  return (label) => label === NO_LABEL ? 0 : ratio(label) * labels.length / sum;
}

function checkSmoothing(purpose: string, smoothing: number | undefined, { name, smooths }: Objective): void {
  if (smoothing === undefined) return;
  if (!(Number.isFinite(smoothing) && smoothing >= 0 && smoothing < 1)) {
    throw new RangeError(
      `Cannot ${purpose}: label_smoothing must be from 0 to less than 1, got ${describe(smoothing)}`,
    );
  }
  if (smooths || smoothing === 0) return;
  throw new RangeError(`Cannot ${purpose}: label_smoothing must be 0 for ${name}, got ${smoothing}; leave it out`);
}

function checkWeights(purpose: string, weights: ArrayLike<number> | undefined, { name, weighs }: Objective): void {
  if (weights === undefined) return;
  if (weighs === null) {
    throw new TypeError(
      `Cannot ${purpose}: class_weights must be left out for ${name}; they need one class as the label of each row`,
    );
  }
  if (!Array.isArray(weights) && !(ArrayBuffer.isView(weights) && !(weights instanceof DataView))) {
    throw new TypeError(
      `Cannot ${purpose}: class_weights must be an array of ${weighs} numbers, got ${classOf(weights)}`,
    );
  }
  if (weights.length !== weighs) {
    throw new TypeError(
      `Cannot ${purpose}: class_weights must be ${weighs} numbers, one for each label, got ${weights.length}`,
    );
  }
  for (let label = 0; label < weighs; label++) {
    const weight: unknown = weights[label];
    if (Number.isFinite(weight) && (weight as number) >= 0) continue;
    throw new RangeError(
      `Cannot ${purpose}: class_weights[${label}] must be a finite number from 0, got ${describe(weight)}`,
    );
  }
  if (Array.prototype.some.call(weights, (weight: number) => weight > 0)) return;
  throw new RangeError(`Cannot ${purpose}: one of class_weights must be over 0, got zeros`);
}
