/** Multiple choice: which of several continuations fits. */

import type { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import { reshape } from "../graph/ops/rows/reshape.ts";
import type { RunOutput } from "../graph/program/outputs.ts";
import type { ModelInputs } from "../model/batch/inputs.ts";
import { firstRowRule } from "../model/batch/row_rules.ts";
import { toTensor } from "../model/common_outputs.ts";
import type { ForwardOptions } from "../model/forward_options.ts";
import type { Stage } from "../model/stage.ts";
import { classLabels, traceCrossEntropy } from "./labels.ts";
import { MULTIPLE_CHOICE, type PooledClassifier } from "./layers/pooled_classifier.ts";
import { type HeadOutput, headOutput } from "./output.ts";
import { PreTrainedModel } from "./pretrained.ts";

/** Scores `[B * choices, 1]` as `[questions, choices]`. */
function traceChoices(g: Graph, rows: Value, classifier: PooledClassifier): Value {
  return reshape(g, { label: "choices", x: classifier.apply(g, rows), shape: ["questions", "choices"] });
}

const LOGITS: Stage<PooledClassifier> = {
  head: MULTIPLE_CHOICE,
  trace: (g, rows, classifier) => ({ logits: traceChoices(g, rows, classifier) }),
};

const LOGITS_AND_LOSS: Stage<PooledClassifier> = {
  head: MULTIPLE_CHOICE,
  trace(g, rows, classifier) {
    const logits = traceChoices(g, rows, classifier);
    return { logits, loss: traceCrossEntropy(g, logits) };
  },
};

/**
 * NarrowBERT that scores choices: inputs are `[B, choices, L]`, logits `[B, choices]`, `labels` `[B]` the right choices
 * (-100 for none); the loss is their mean cross-entropy. Narrow layers compute each choice's first token alone.
 */
export class NarrowBertForMultipleChoice extends PreTrainedModel {
  /** What it puts on the body. */
  static readonly head = MULTIPLE_CHOICE;

  /**
   * Computes logits, and the loss where labels are given.
   *
   * @throws {InputError} If an input does not fit the model.
   */
  async forward(inputs: ModelInputs, options: ForwardOptions = {}): Promise<HeadOutput> {
    const batch = this.readInputs(inputs, ["batch", "choices"]);
    const rule = firstRowRule(batch);
    const [questions = 0, choices = 0] = batch.leading;
    const labels = batch.labels === null ? null : classLabels(batch.labels, questions, choices);
    const { outputs, common } = await this.run(batch, rule, {
      stage: labels === null ? LOGITS : LOGITS_AND_LOSS,
      inputs: { ...labels?.inputs },
      scalars: { questions, choices, ...labels?.scalars },
    }, options);
    return headOutput(toTensor(outputs.get("logits") as RunOutput), outputs, common);
  }
}
