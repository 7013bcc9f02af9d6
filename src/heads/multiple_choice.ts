/** Multiple choice: which of several continuations fits. */

import type { RunOutput } from "../graph/program/outputs.ts";
import type { ModelInputs } from "../model/batch/inputs.ts";
import { floatTensor } from "../model/common_outputs.ts";
import type { ForwardOptions } from "../model/forward_options.ts";
import type { ModelHead } from "../model/head.ts";
import { multipleChoiceCall } from "./calls/multiple_choice.ts";
import { MULTIPLE_CHOICE } from "./layers/pooled_classifier.ts";
import { type HeadOutput, headOutput } from "./output.ts";
import { runPadded } from "./padded_call.ts";
import { PreTrainedModel } from "./pretrained.ts";

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
    const call = multipleChoiceCall(inputs, this.config);
    const { outputs, common } = await runPadded(this, { ...call, options });
    return headOutput(floatTensor(outputs.get("logits") as RunOutput), outputs, common);
  }
}
