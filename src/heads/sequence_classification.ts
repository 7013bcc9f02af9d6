/** Sequence classification and regression. */

import type { RunOutput } from "../graph/program/outputs.ts";
import type { ModelInputs } from "../model/batch/inputs.ts";
import { floatTensor } from "../model/common_outputs.ts";
import type { ForwardOptions } from "../model/forward_options.ts";
import type { ModelHead } from "../model/head.ts";
import { sequenceClassificationCall } from "./calls/sequence_classification.ts";
import { SEQUENCE_CLASSIFICATION } from "./layers/pooled_classifier.ts";
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
    const call = sequenceClassificationCall(inputs, this.config);
    const { outputs, common } = await runPadded(this, { ...call, options });
    return headOutput(floatTensor(outputs.get("logits") as RunOutput), outputs, common);
  }
}
