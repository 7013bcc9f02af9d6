/** Sequence classification and regression. */

import type { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import { mean } from "../graph/ops/losses/mean.ts";
import { pointwiseLoss } from "../graph/ops/losses/pointwise_loss.ts";
import type { RunOutput } from "../graph/program/outputs.ts";
import { pitch } from "../kernels/kernel.ts";
import type { FlatArray } from "../model/batch/arrays.ts";
import type { NarrowBertConfig } from "../model/config/config.ts";
import type { ProblemType } from "../model/config/fields.ts";
import { type ModelInputs, readInputs } from "../model/batch/inputs.ts";
import { firstRowRule } from "../model/batch/row_rules.ts";
import { toTensor } from "../model/common_outputs.ts";
import type { ForwardOptions } from "../model/forward_options.ts";
import type { ModelHead } from "../model/head.ts";
import type { HeadInputs, Stage } from "../model/stage.ts";
import { classLabels, packTargets, traceCrossEntropy } from "./labels.ts";
import { type PooledClassifier, SEQUENCE_CLASSIFICATION } from "./layers/pooled_classifier.ts";
import { type HeadOutput, headOutput } from "./output.ts";
import { runPadded } from "./padded_call.ts";
import { PreTrainedModel } from "./pretrained.ts";

/**
 * NarrowBERT with a classifier on the pooled first token; its narrow layers compute that token alone.
 *
 * Logits are `[B, num_labels]`. The loss is mean squared error (`labels` `[B]` or `[B, num_labels]`), cross-entropy
 * (`[B]`, -100 for none) or binary cross-entropy with logits (`[B, num_labels]`), by the config's `problem_type`.
 * If that is not set, the labels decide: one output is regression, integers are a single label, floats several labels.
 *
 * @example
 * ```ts
 * import { AutoTokenizer, NarrowBertForSequenceClassification } from "@narrowbert/webgpu";
 *
 * const folder = "examples/models/wordnet/topic";
 * const tokenizer = await AutoTokenizer.from_pretrained(folder);
 * using model = await NarrowBertForSequenceClassification.from_pretrained(folder);
 *
 * const { logits } = await model.forward({ input_ids: [tokenizer.encode("a can for holding soft drinks")] });
 * const [row] = logits.tolist() as [number[]];
 * console.log(model.config.id2label[row.indexOf(Math.max(...row))]); // noun.artifact
 * ```
 */
export class NarrowBertForSequenceClassification extends PreTrainedModel {
  /** The head that classifies texts. */
  static readonly head: ModelHead = SEQUENCE_CLASSIFICATION;

  /**
   * Computes logits, and the loss if labels are given.
   *
   * @throws {InputError} If an input does not fit the model.
   */
  async forward(inputs: ModelInputs, options: ForwardOptions = {}): Promise<HeadOutput> {
    const batch = readInputs(inputs, this.config);
    const rule = firstRowRule(batch);
    const head = batch.labels === null ? { stage: LOGITS } : lossOf(batch.labels, batch.sequences, this.config);
    const { outputs, common } = await runPadded(this, { batch, rule, head, options });
    return headOutput(toTensor(outputs.get("logits") as RunOutput), outputs, common);
  }
}

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
    return mean(g, { label: "loss", x: losses, divisor: x.shape });
  };
}

const LOSSES: Record<ProblemType, Stage<PooledClassifier>> = {
  single_label_classification: withLoss(traceCrossEntropy),
  regression: withLoss(elementwise("squared_error")),
  multi_label_classification: withLoss(elementwise("binary_cross_entropy")),
};

/** The loss of the config's `problem_type`, or of the one that the labels imply. */
function lossOf(labels: FlatArray, rows: number, config: NarrowBertConfig): HeadInputs {
  const { num_labels: columns } = config;
  const inferred = columns === 1
    ? "regression"
    : labels.float
    ? "multi_label_classification"
    : "single_label_classification";
  const problem = config.problem_type ?? inferred;
  const stage = LOSSES[problem];
  if (problem === "single_label_classification") return { stage, ...classLabels(labels, rows, columns) };
  return { stage, inputs: { targets: packTargets(labels, [rows, columns], pitch(columns)) } };
}
