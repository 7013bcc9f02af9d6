/** Calls of sequence classification and regression. */

import type { Graph } from "../../graph/graph.ts";
import type { Value } from "../../graph/value.ts";
import { mean } from "../../graph/ops/losses/mean.ts";
import { pointwiseLoss } from "../../graph/ops/losses/pointwise_loss.ts";
import { pitch } from "../../kernels/kernel.ts";
import type { FlatArray } from "../../model/batch/arrays.ts";
import { readInputs } from "../../model/batch/inputs.ts";
import { firstRowRule } from "../../model/batch/row_rules.ts";
import type { NarrowBertConfig } from "../../model/config/config.ts";
import type { ProblemType } from "../../model/config/fields.ts";
import type { HeadInputs, Stage } from "../../model/stage.ts";
import { classLabels, packTargets, traceCrossEntropy } from "../labels.ts";
import { type PooledClassifier, SEQUENCE_CLASSIFICATION } from "../layers/pooled_classifier.ts";
import type { PrepareCall } from "./head_call.ts";

const LOGITS: Stage<PooledClassifier> = {
  head: SEQUENCE_CLASSIFICATION,
  trace: (g, rows, classifier) => ({ logits: classifier.apply(g, rows) }),
};

/** The stage that adds a loss to the logits. */
function withLoss(loss: (g: Graph, logits: Value) => Value): Stage<PooledClassifier> {
  return {
    head: SEQUENCE_CLASSIFICATION,
    trace(g, rows, classifier) {
      const logits = classifier.apply(g, rows);
      return { logits, loss: loss(g, logits) };
    },
  };
}

/** The mean of a loss of single elements. */
function elementwise(kind: "squared_error" | "binary_cross_entropy"): (g: Graph, logits: Value) => Value {
  return (g, x) => {
    const y = g.input("targets", "f32", x.shape, "pitched");
    const losses = pointwiseLoss(g, { label: "loss.rows", x, y, kind });
    return mean(g, { label: "loss", x: losses, divisor: g.scalar("counted") });
  };
}

const LOSSES: Record<ProblemType, Stage<PooledClassifier>> = {
  single_label_classification: withLoss(traceCrossEntropy),
  regression: withLoss(elementwise("squared_error")),
  multi_label_classification: withLoss(elementwise("binary_cross_entropy")),
};

const NAMES: Record<ProblemType, string> = {
  single_label_classification: "a single label",
  regression: "regression",
  multi_label_classification: "several labels at once",
};

/** The config's `problem_type`, or the one that the labels imply. */
function problemOf(labels: FlatArray | null, { num_labels, problem_type }: NarrowBertConfig): ProblemType {
  if (problem_type !== null) return problem_type;
  if (num_labels === 1) return "regression";
  return labels?.float ? "multi_label_classification" : "single_label_classification";
}

/** The loss of a problem. */
function lossOf(labels: FlatArray, problem: ProblemType, [rows, columns]: readonly [number, number]): HeadInputs {
  const stage = LOSSES[problem];
  if (problem === "single_label_classification") return { stage, ...classLabels(labels, rows, columns) };
  const targets = packTargets(labels, [rows, columns], pitch(columns));
  return { stage, inputs: { targets }, scalars: { counted: rows * columns } };
}

/** Logits of each sequence, `[B, num_labels]`. */
export const sequenceClassificationCall: PrepareCall = (inputs, config) => {
  const batch = readInputs(inputs, config);
  const { labels, sequences } = batch;
  const problem = problemOf(labels, config);
  const head = labels === null ? { stage: LOGITS } : lossOf(labels, problem, [sequences, config.num_labels]);
  const isSingle = problem === "single_label_classification";
  return {
    batch,
    rule: firstRowRule(batch),
    head,
    objective: { name: NAMES[problem], smooths: isSingle, weighs: isSingle ? config.num_labels : null },
    // Only the scores of a single label are a distribution.
    lesson: { stage: LOGITS, comparison: isSingle ? "kl_divergence" : "squared_error" },
  };
};
