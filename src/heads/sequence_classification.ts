/** Sequence classification and regression. */

import type { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import { mean } from "../graph/ops/losses/mean.ts";
import { pointwiseLoss } from "../graph/ops/losses/pointwise_loss.ts";
import type { RunOutput } from "../graph/outputs.ts";
import { pitch } from "../kernels/kernel.ts";
import type { FlatArray } from "../model/batch/arrays.ts";
import type { Body } from "../model/body.ts";
import type { NarrowBertConfig } from "../model/config/config.ts";
import type { ProblemType } from "../model/config/fields.ts";
import type { Head } from "../model/config/heads.ts";
import type { ModelInputs } from "../model/batch/inputs.ts";
import { PreTrainedModel } from "../model/pretrained.ts";
import { firstRowRule, toTensor } from "../model/batch/row_rules.ts";
import type { ForwardOptions, HeadFeed } from "../model/runner.ts";
import type { ParameterSet } from "../nn/parameters.ts";
import { feedClassLabels, packTargets, traceCrossEntropy } from "./labels.ts";
import { type HeadOutput, headOutput } from "./output.ts";
import { PooledHead } from "./pooled_head.ts";

/**
 * NarrowBERT with a classifier on the pooled first token; its narrow layers compute that token alone.
 *
 * Logits are `[B, num_labels]`. The loss is mean squared error (`labels` `[B]` or `[B, num_labels]`), cross-entropy
 * (`[B]`, -100 for none) or binary cross-entropy with logits (`[B, num_labels]`), by the config's `problem_type`; unset,
 * by what the labels are: one output is regression, integers are a single label, floats several.
 */
export class NarrowBertForSequenceClassification extends PreTrainedModel<PooledHead> {
  static readonly head: Head = "sequence_classification";
  static readonly pooling: boolean | "optional" = true;

  /**
   * Computes logits, and the loss where labels are given.
   *
   * @throws {InputError} If an input does not fit the model.
   */
  async forward(inputs: ModelInputs, options: ForwardOptions = {}): Promise<HeadOutput> {
    const batch = this.readInputs(inputs);
    const rule = firstRowRule(batch);
    const loss = batch.labels === null ? null : lossOf(batch.labels, batch.sequences, this.config);
    const { outputs, common } = await this.run(batch, rule, (head) => ({
      key: `logits, ${loss?.problem ?? "no loss"}`,
      trace(g, last) {
        const logits = head.apply(g, last);
        g.output("logits", logits);
        loss?.trace(g, logits);
      },
      ...(loss && { feed: () => loss.feed }),
    }), options);
    return headOutput(toTensor(outputs.get("logits") as RunOutput), outputs, common);
  }

  protected override declareHead(
    parameters: ParameterSet,
    { config }: { body: Body; config: NarrowBertConfig },
  ): PooledHead {
    return new PooledHead(parameters, config, config.num_labels);
  }
}

/** A loss over logits `[B, columns]`: how it is traced, and what a call feeds it. */
interface Loss {
  problem: ProblemType;
  trace(g: Graph, logits: Value): void;
  feed: HeadFeed;
}

function lossOf(labels: FlatArray, rows: number, config: NarrowBertConfig): Loss {
  const { num_labels: columns } = config;
  const inferred = columns === 1
    ? "regression"
    : labels.float
    ? "multi_label_classification"
    : "single_label_classification";
  const problem = config.problem_type ?? inferred;
  if (problem === "single_label_classification") {
    return { problem, trace: traceCrossEntropy, feed: feedClassLabels(labels, rows, columns) };
  }
  const kind = problem === "regression" ? "squared_error" : "binary_cross_entropy";
  const targets = packTargets(labels, [rows, columns], pitch(columns));
  return {
    problem,
    trace(g, x) {
      const y = g.input("targets", "f32", x.shape, "pitched");
      const losses = pointwiseLoss(g, { label: "loss.rows", x, y, kind });
      g.output("loss", mean(g, { label: "loss", x: losses, divisor: x.shape }));
    },
    feed: { inputs: { targets } },
  };
}
