/** Token classification: a label for each word. */

import type { RunOutput } from "../graph/outputs.ts";
import type { Body } from "../model/body.ts";
import type { NarrowBertConfig } from "../model/config/config.ts";
import type { Head } from "../model/config/heads.ts";
import type { ModelInputs } from "../model/batch/inputs.ts";
import { PreTrainedModel } from "../model/pretrained.ts";
import { maskedRowRule } from "../model/batch/row_rules.ts";
import type { ForwardOptions } from "../model/runner.ts";
import { lastAxis } from "../model/batch/unpacking.ts";
import { Linear } from "../nn/linear.ts";
import type { ParameterSet } from "../nn/parameters.ts";
import { feedRowLabels, rowsOfLabels, traceCrossEntropy } from "./labels.ts";
import { type HeadOutput, headOutput } from "./output.ts";

/**
 * NarrowBERT with a classifier on each narrow row.
 *
 * Logits are `[B, rows, labels]` for the positions of `narrow_mask`, or of labels over -100, which win over it;
 * `[B, L, labels]` without either (see {@linkcode NarrowBertModel} on the ordinary mode). `labels` are `[B, L]`; the
 * loss is the mean cross-entropy over labels other than -100, 0 where there are none.
 */
export class NarrowBertForTokenClassification extends PreTrainedModel<Linear> {
  static readonly head: Head = "token_classification";
  static readonly pooling: boolean | "optional" = false;

  /**
   * Computes logits, and the loss where labels are given.
   *
   * @throws {InputError} If an input does not fit the model.
   */
  async forward(inputs: ModelInputs, options: ForwardOptions = {}): Promise<HeadOutput> {
    const batch = rowsOfLabels(this.readInputs(inputs), this.config.num_labels);
    const rule = maskedRowRule(batch);
    const { labels } = batch;
    const { outputs, unpacker, common } = await this.run(batch, rule, (classifier) => ({
      key: labels === null ? "logits" : "logits, loss",
      trace(g, last) {
        const logits = classifier.apply(g, last);
        g.output("logits", logits);
        if (labels !== null) traceCrossEntropy(g, logits);
      },
      ...(labels && { feed: (packed) => feedRowLabels(labels, packed) }),
    }), options);
    return headOutput(unpacker.states(outputs.get("logits") as RunOutput, lastAxis(rule)), outputs, common);
  }

  protected override declareHead(
    parameters: ParameterSet,
    { config }: { body: Body; config: NarrowBertConfig },
  ): Linear {
    return new Linear(parameters, "classifier", { inputs: config.hidden_size, outputs: config.num_labels });
  }
}
