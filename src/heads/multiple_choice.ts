/** Multiple choice: which of several continuations fits. */

import { reshape } from "../graph/ops/rows/reshape.ts";
import type { RunOutput } from "../graph/outputs.ts";
import type { Body } from "../model/body.ts";
import type { NarrowBertConfig } from "../model/config/config.ts";
import type { Head } from "../model/config/heads.ts";
import type { ModelInputs } from "../model/batch/inputs.ts";
import { PreTrainedModel } from "../model/pretrained.ts";
import { firstRowRule, toTensor } from "../model/batch/row_rules.ts";
import type { ForwardOptions } from "../model/runner.ts";
import type { ParameterSet } from "../nn/parameters.ts";
import { feedClassLabels, traceCrossEntropy } from "./labels.ts";
import { type HeadOutput, headOutput } from "./output.ts";
import { PooledHead } from "./pooled_head.ts";

/**
 * NarrowBERT that scores choices: inputs are `[B, choices, L]`, logits `[B, choices]`, `labels` `[B]` the right choices
 * (-100 for none); the loss is their mean cross-entropy. Narrow layers compute each choice's first token alone.
 */
export class NarrowBertForMultipleChoice extends PreTrainedModel<PooledHead> {
  static readonly head: Head = "multiple_choice";
  static readonly pooling: boolean | "optional" = true;

  /**
   * Computes logits, and the loss where labels are given.
   *
   * @throws {InputError} If an input does not fit the model.
   */
  async forward(inputs: ModelInputs, options: ForwardOptions = {}): Promise<HeadOutput> {
    const batch = this.readInputs(inputs, ["batch", "choices"]);
    const rule = firstRowRule(batch);
    const [questions = 0, choices = 0] = batch.leading;
    const labels = batch.labels === null ? null : feedClassLabels(batch.labels, questions, choices);
    const { outputs, common } = await this.run(batch, rule, (head) => ({
      key: labels === null ? "logits" : "logits, loss",
      trace(g, last) {
        const scores = head.apply(g, last);
        const logits = reshape(g, { label: "choices", x: scores, shape: ["questions", "choices"] });
        g.output("logits", logits);
        if (labels !== null) traceCrossEntropy(g, logits);
      },
      feed: () => ({ ...labels, sizes: { questions, choices, ...labels?.sizes } }),
    }), options);
    return headOutput(toTensor(outputs.get("logits") as RunOutput), outputs, common);
  }

  protected override declareHead(
    parameters: ParameterSet,
    { config }: { body: Body; config: NarrowBertConfig },
  ): PooledHead {
    return new PooledHead(parameters, config, 1);
  }
}
