/** Token classification: a label for each word. */

import type { RunOutput } from "../graph/program/outputs.ts";
import type { ModelInputs } from "../model/batch/inputs.ts";
import type { ForwardOptions } from "../model/forward_options.ts";
import type { ModelHead } from "../model/head.ts";
import { lastAxis } from "../model/batch/unpacking.ts";
import { tokenClassificationCall } from "./calls/token_classification.ts";
import { TOKEN_CLASSIFICATION } from "./layers/token_classifier.ts";
import { type HeadOutput, headOutput } from "./output.ts";
import { runPadded } from "./padded_call.ts";
import { PreTrainedModel } from "./pretrained.ts";

/**
 * NarrowBERT with a classifier on each narrow row.
 *
 * Logits are `[B, rows, labels]` for the positions of `narrow_mask`, or of labels over -100, which win over it;
 * `[B, L, labels]` without either (see {@linkcode NarrowBertModel} on the ordinary mode). `labels` are `[B, L]`; the
 * loss is the mean cross-entropy over labels other than -100, 0 if there are none.
 *
 * @example
 * ```ts
 * import { NarrowBertConfig, NarrowBertForTokenClassification } from "@narrowbert/webgpu";
 *
 * const sizes = { vocab_size: 100, hidden_size: 32, num_attention_heads: 2, intermediate_size: 64 };
 * const config = new NarrowBertConfig({ ...sizes, num_hidden_layers: 3, num_labels: 5 });
 * using model = await NarrowBertForTokenClassification.from_config(config); // random weights
 *
 * const { logits } = await model.forward({ input_ids: [[2, 40, 41, 3]], narrow_mask: [[0, 1, 1, 0]] });
 * console.log(logits.dims); // [1, 2, 5]
 * ```
 */
export class NarrowBertForTokenClassification extends PreTrainedModel {
  /** The head that classifies tokens. */
  static readonly head: ModelHead = TOKEN_CLASSIFICATION;

  /**
   * Computes logits, and the loss if labels are given.
   *
   * @throws {InputError} If an input does not fit the model.
   */
  async forward(inputs: ModelInputs, options: ForwardOptions = {}): Promise<HeadOutput> {
    const call = tokenClassificationCall(inputs, this.config);
    const { outputs, unpacker, common } = await runPadded(this, { ...call, options });
    return headOutput(unpacker.states(outputs.get("logits") as RunOutput, lastAxis(call.rule)), outputs, common);
  }
}
