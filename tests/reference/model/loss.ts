/** The losses of NarrowBERT's heads in float64. */

import { NO_LABEL } from "../../../src/kernels/losses/cross_entropy.ts";
import { POINTWISE_LOSSES } from "../../../src/kernels/losses/pointwise_loss.ts";
import { crossEntropy } from "../cross_entropy.ts";
import { pointwiseLoss } from "../pointwise_loss.ts";
import { reduceSum } from "../reduce_sum.ts";
import { type PlainInputs, sequencesOf } from "./batch.ts";
import { activated, lastState, type Model } from "./body.ts";
import { affine, dense, map, norm, type Rows, rowsOf, stack, type Weight, weightOf, zeroRows } from "./state.ts";

/** How labels count. */
export interface LabelOptions {
  label_smoothing?: number;
  /** A weight for each class. */
  class_weights?: number[];
}

/** A batch with its labels, by what the head learns. */
export type LabelledCall =
  /** Labels `[B, L]`, -100 for none. */
  | { task: "masked_lm" | "token_classification"; inputs: PlainInputs; labels: number[][]; options?: LabelOptions }
  /** Labels `[B]`, -100 for none. */
  | { task: "single_label"; inputs: PlainInputs; labels: number[]; options?: LabelOptions }
  /** Targets `[B, num_labels]`. */
  | { task: "regression" | "multi_label"; inputs: PlainInputs; labels: number[][]; options?: undefined }
  /** The choices of a question are sequences one behind the other; labels `[questions]`, -100 for none. */
  | { task: "multiple_choice"; inputs: PlainInputs; choices: number; labels: number[]; options?: LabelOptions };

/** PyTorch's label for "no loss here". */
const IGNORE = -100;

/** The last states of the rows that a batch learns from, and their logits. */
export function resultsOf(model: Model, call: LabelledCall): { states: Rows; logits: Rows } {
  switch (call.task) {
    case "masked_lm":
    case "token_classification": {
      const { labels, task } = call;
      const states = statesOf(model, call.inputs, (b, l) => labels[b]![l] !== IGNORE);
      return {
        states,
        logits: task === "masked_lm" ? words(model, states) : dense(states, model.weights, "classifier"),
      };
    }
    case "multiple_choice": {
      const states = statesOf(model, call.inputs, (_, l) => l === 0);
      const { data, count } = pooledLogits(model, states);
      const scores = Float64Array.from({ length: count }, (_, b) => data[4 * b]!);
      return { states, logits: rowsOf({ shape: [count / call.choices, call.choices], data: scores }) };
    }
    default: {
      const states = statesOf(model, call.inputs, (_, l) => l === 0);
      return { states, logits: pooledLogits(model, states) };
    }
  }
}

/** The mean loss of a batch. */
export function lossOf(model: Model, call: LabelledCall): number {
  const { logits } = resultsOf(model, call);
  switch (call.task) {
    case "masked_lm":
    case "token_classification":
      return meanCrossEntropy(logits, call.labels.flat().filter((label) => label !== IGNORE), call.options);
    case "regression":
      return meanPointwise(logits, call.labels, "squared_error");
    case "multi_label":
      return meanPointwise(logits, call.labels, "binary_cross_entropy");
    default:
      return meanCrossEntropy(logits, call.labels, call.options);
  }
}

/** The last state of all rows, sequence by sequence. */
function statesOf(model: Model, inputs: PlainInputs, isRow: (b: number, l: number) => boolean): Rows {
  const states = sequencesOf(inputs, isRow).map((sequence) => lastState(model, sequence, inputs.head_mask));
  return stack(states, model.config.hidden_size);
}

/** A classifier of the pooled first token. */
function pooledLogits(model: Model, states: Rows): Rows {
  const pooled = map(dense(states, model.weights, "narrow_bert.pooler.dense"), Math.tanh);
  return dense(pooled, model.weights, "classifier");
}

/** The masked language model's head, whose decoder is the word embeddings. */
function words(model: Model, states: Rows): Rows {
  const { weights, config } = model;
  const path = "cls.predictions";
  const transformed = norm(activated(model, dense(states, weights, `${path}.transform.dense`)), weights, {
    path: `${path}.transform.LayerNorm`,
    eps: config.layer_norm_eps,
  });
  const decoder: Weight = weightOf(weights, "narrow_bert.embeddings.word_embeddings.weight");
  return affine(transformed, decoder, weightOf(weights, `${path}.bias`));
}

/** The mean cross-entropy over the labels other than -100, by the weights of their classes; 0 if nothing counts. */
function meanCrossEntropy(
  { count: rows, columns, data: x }: Rows,
  labels: readonly number[],
  { label_smoothing: smoothing = 0, class_weights }: LabelOptions = {},
): number {
  const all = labels.map((label) => label === IGNORE ? NO_LABEL : label);
  const weights = labels.map((label) => label === IGNORE ? 0 : class_weights?.[label] ?? 1);
  const counted = weights.reduce((sum, weight) => sum + weight, 0);
  return reduceSum(crossEntropy({ rows, columns, x, labels: all, weights, smoothing }), counted);
}

/** The mean loss of each element. */
function meanPointwise(
  { count: rows, columns, data: x }: Rows,
  targets: number[][],
  kind: keyof typeof POINTWISE_LOSSES,
): number {
  const y = rows === 0
    ? zeroRows(0, columns)
    : rowsOf({ shape: [rows, columns], data: Float64Array.from(targets.flat()) });
  return reduceSum(pointwiseLoss({ rows, columns, x, y: y.data, kind: POINTWISE_LOSSES[kind] }), rows * columns);
}
