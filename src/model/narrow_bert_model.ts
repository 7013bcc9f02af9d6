/** The base model: hidden states, and a pooled first token. */

import { InputError } from "../base/errors.ts";
import type { Tensor } from "../base/tensor.ts";
import { meanRows } from "../graph/ops/rows/mean_rows.ts";
import type { RunOutput } from "../graph/outputs.ts";
import type { ParameterSet } from "../nn/parameters.ts";
import type { Body } from "./body.ts";
import type { NarrowBertConfig } from "./config/config.ts";
import type { Head } from "./config/heads.ts";
import type { Batch, ModelInputs } from "./batch/inputs.ts";
import { Pooler } from "./pooler.ts";
import { PreTrainedModel } from "./pretrained.ts";
import { firstRowRule, maskedRowRule, toTensor } from "./batch/row_rules.ts";
import type { CommonOutputs, ForwardOptions } from "./runner.ts";
import { lastAxis } from "./batch/unpacking.ts";

/** Results of {@linkcode NarrowBertModel.forward}. */
export interface NarrowBertModelOutput extends CommonOutputs {
  /** `[B, 1, H]` with a pooler, `[B, rows, H]` with a narrow mask, `[B, L, H]` in the ordinary mode. */
  last_hidden_state: Tensor;
  /** `tanh` of a linear layer on each sequence's first row, `[B, H]`; only with a pooler. */
  pooler_output?: Tensor;
}

/**
 * NarrowBERT without a head.
 *
 * With a pooler (the default) its narrow layers compute the first token of each sequence. With
 * `add_pooling_layer: false` they compute the positions of `narrow_mask`, or, without one, all layers run over all tokens
 * as in an ordinary BERT.
 *
 * @example
 * ```ts
 * const folder = "examples/models/wordnet/mlm";
 * using model = await NarrowBertModel.from_pretrained(folder, { add_pooling_layer: false });
 * const { last_hidden_state } = await model.forward({ input_ids: [[2, 40, 4, 3]], narrow_mask: [[0, 0, 1, 0]] });
 * console.log(last_hidden_state.dims); // [1, 1, 128]
 * ```
 */
export class NarrowBertModel extends PreTrainedModel<Pooler | null> {
  static readonly head: Head = "none";
  static readonly pooling: boolean | "optional" = "optional";

  /**
   * Computes the last hidden state.
   *
   * @throws {InputError} If an input does not fit the model.
   */
  async forward(inputs: ModelInputs, options: ForwardOptions = {}): Promise<NarrowBertModelOutput> {
    const batch = this.#readUnlabelled(inputs);
    const rule = this.pooler ? firstRowRule(batch) : maskedRowRule(batch);
    const { outputs, unpacker, common } = await this.run(batch, rule, (pooler) => ({
      key: "base",
      trace(g, last) {
        g.output("last_hidden_state", last);
        if (pooler !== null) g.output("pooler_output", pooler.apply(g, last));
      },
    }), options);
    const result: NarrowBertModelOutput = {
      last_hidden_state: unpacker.states(outputs.get("last_hidden_state") as RunOutput, lastAxis(rule)),
      ...common,
    };
    const pooled = outputs.get("pooler_output");
    if (pooled !== undefined) result.pooler_output = toTensor(pooled);
    return result;
  }

  /**
   * The mean of each sequence's rows in the last hidden state, `[B, H]`, taken on the GPU: only it is read back. A
   * sequence without rows gives zeros.
   *
   * @param inputs As for `forward`; without `narrow_mask`, the rows are those of `attention_mask`.
   * @throws {InputError} If an input does not fit the model, or the model has a pooler.
   */
  async mean_pooling(inputs: ModelInputs, options: ForwardOptions = {}): Promise<Tensor> {
    if (this.pooler) {
      throw new InputError(
        "Cannot take the mean of the rows of a model that has a pooler: it computes position 0 of each sequence alone; " +
          "load NarrowBertModel with add_pooling_layer: false",
      );
    }
    const batch = this.#readUnlabelled(inputs);
    const { outputs } = await this.run({ ...batch, narrow: batch.narrow ?? batch.mask }, "narrow_mask", () => ({
      key: "mean pooling",
      trace(g, last) {
        const starts = g.input("row_starts", "u32", ["row_starts"]);
        g.output("means", meanRows(g, { label: "means", x: last, starts, segments: "B" }));
      },
      feed: ({ rowStarts }) => ({ inputs: { row_starts: rowStarts }, sizes: { row_starts: rowStarts.length } }),
    }), options);
    return toTensor(outputs.get("means") as RunOutput);
  }

  #readUnlabelled(inputs: ModelInputs): Batch {
    const batch = this.readInputs(inputs);
    if (batch.labels !== null) throw new InputError("Cannot run NarrowBertModel with labels: it has no loss");
    return batch;
  }

  protected override declareHead(
    parameters: ParameterSet,
    { config, pooler }: { body: Body; config: NarrowBertConfig; pooler: boolean },
  ): Pooler | null {
    return pooler ? new Pooler(parameters, config) : null;
  }
}
