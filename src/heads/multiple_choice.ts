/** Multiple choice: which of several continuations fits. */

import type { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import { reshape } from "../graph/ops/rows/reshape.ts";
import type { RunOutput } from "../graph/program/outputs.ts";
import { type ModelInputs, readInputs } from "../model/batch/inputs.ts";
import { firstRowRule } from "../model/batch/row_rules.ts";
import { toTensor } from "../model/common_outputs.ts";
import type { ForwardOptions } from "../model/forward_options.ts";
import type { ModelHead } from "../model/head.ts";
import type { Stage } from "../model/stage.ts";
import { classLabels, traceCrossEntropy } from "./labels.ts";
import { MULTIPLE_CHOICE, type PooledClassifier } from "./layers/pooled_classifier.ts";
import { type HeadOutput, headOutput } from "./output.ts";
import { runPadded } from "./padded_call.ts";
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
 *
 * @example
 * ```ts
 * import { NarrowBertConfig, NarrowBertForMultipleChoice } from "@narrowbert/webgpu";
 *
 * const sizes = { vocab_size: 100, hidden_size: 32, num_attention_heads: 2, intermediate_size: 64 };
 * const config = new NarrowBertConfig({ ...sizes, num_hidden_layers: 3 });
 * using model = await NarrowBertForMultipleChoice.from_config(config); // random weights
 *
 * const choices = [[2, 40, 3, 50, 3], [2, 40, 3, 51, 3]];
 * const { logits } = await model.forward({ input_ids: [choices] });
 * console.log(logits.dims); // [1, 2]
 * ```
 */
export class NarrowBertForMultipleChoice extends PreTrainedModel {
  /** The head that scores choices. */
  static readonly head: ModelHead = MULTIPLE_CHOICE;

  /**
   * Computes logits, and the loss if labels are given.
   *
   * @throws {InputError} If an input does not fit the model.
   */
  async forward(inputs: ModelInputs, options: ForwardOptions = {}): Promise<HeadOutput> {
    const batch = readInputs(inputs, this.config, ["batch", "choices"]);
    const rule = firstRowRule(batch);
    const [questions = 0, choices = 0] = batch.leading;
    const labels = batch.labels === null ? null : classLabels(batch.labels, questions, choices);
    const head = {
      stage: labels === null ? LOGITS : LOGITS_AND_LOSS,
      inputs: { ...labels?.inputs },
      scalars: { questions, choices, ...labels?.scalars },
    };
    const { outputs, common } = await runPadded(this, { batch, rule, head, options });
    return headOutput(toTensor(outputs.get("logits") as RunOutput), outputs, common);
  }
}
