/** Masked language modelling: which word stands at a position. */

import { InputError } from "../base/errors.ts";
import type { Tensor } from "../base/tensor.ts";
import type { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import { crossEntropy } from "../graph/ops/losses/cross_entropy.ts";
import { linear } from "../graph/ops/products/linear.ts";
import { softmax } from "../graph/ops/rows/softmax.ts";
import { topK } from "../graph/ops/rows/top_k.ts";
import type { RunOutput } from "../graph/outputs.ts";
import { MAX_TOP_K } from "../kernels/rows/top_k.ts";
import type { Body } from "../model/body.ts";
import type { NarrowBertConfig } from "../model/config/config.ts";
import type { Head } from "../model/config/heads.ts";
import type { ModelInputs } from "../model/batch/inputs.ts";
import { PreTrainedModel } from "../model/pretrained.ts";
import { maskedRowRule } from "../model/batch/row_rules.ts";
import type { ForwardOptions, HeadCall } from "../model/runner.ts";
import { lastAxis } from "../model/batch/unpacking.ts";
import { LayerNorm } from "../nn/layer_norm.ts";
import { Linear } from "../nn/linear.ts";
import type { Parameter, ParameterSet } from "../nn/parameters.ts";
import { feedRowLabels, rowsOfLabels, traceCrossEntropy } from "./labels.ts";
import { type HeadOutput, headOutput } from "./output.ts";

/** The prediction head: a transform, then the word embeddings as decoder. */
class MaskedLMHead {
  readonly #transform: Linear;
  readonly #norm: LayerNorm;
  readonly #words: Parameter;
  readonly #bias: Parameter;
  readonly #config: NarrowBertConfig;

  constructor(parameters: ParameterSet, body: Body, config: NarrowBertConfig) {
    const { hidden_size: width, layer_norm_eps: eps, vocab_size } = config;
    const path = "cls.predictions";
    this.#transform = new Linear(parameters, `${path}.transform.dense`, { inputs: width, outputs: width });
    this.#norm = new LayerNorm(parameters, `${path}.transform.LayerNorm`, { width, eps });
    this.#words = body.embeddings.words;
    this.#bias = parameters.vector(`${path}.bias`, vocab_size);
    this.#config = config;
  }

  /** Logits `[rows, V]`. */
  apply(g: Graph, rows: Value): Value {
    const transformed = this.#transform.apply(g, rows, { activation: this.#config.hidden_act });
    return linear(g, {
      label: "cls.predictions.decoder",
      x: this.#norm.apply(g, transformed),
      weight: g.parameter(this.#words),
      bias: g.parameter(this.#bias),
      transposed: true,
    });
  }
}

/** The likeliest words of each narrow row. */
export interface TopWords {
  /** Word pieces by falling probability, int32 `[B, rows, k]`. */
  indices: Tensor;
  /** Their probabilities, `[B, rows, k]`. */
  scores: Tensor;
  /** The position of each row, int32 `[B, rows]`, -1 for padding. */
  narrow_positions: Tensor;
}

/** How likely the model finds the labels of each narrow row. */
export interface LabelLikelihood {
  /** The natural logarithm of each label's probability, `[B, rows]`; 0 in padding. */
  log_probabilities: Tensor;
  /** The position of each row, int32 `[B, rows]`, -1 for padding. */
  narrow_positions: Tensor;
}

/**
 * NarrowBERT with a masked language modelling head.
 *
 * Logits are `[B, rows, V]` for the positions of `narrow_mask`, or of labels over -100, which win over it; `[B, L, V]`
 * without either (see {@linkcode NarrowBertModel} on the ordinary mode). `labels` are `[B, L]`; the loss is the mean
 * cross-entropy over labels other than -100, 0 where there are none.
 */
export class NarrowBertForMaskedLM extends PreTrainedModel<MaskedLMHead> {
  static readonly head: Head = "masked_lm";
  static readonly pooling: boolean | "optional" = false;

  /**
   * Computes logits, and the loss where labels are given.
   *
   * @throws {InputError} If an input does not fit the model.
   */
  async forward(inputs: ModelInputs, options: ForwardOptions = {}): Promise<HeadOutput> {
    const batch = rowsOfLabels(this.readInputs(inputs), this.config.vocab_size);
    const rule = maskedRowRule(batch);
    const { labels } = batch;
    const { outputs, unpacker, common } = await this.run(batch, rule, (head) => ({
      key: labels === null ? "logits" : "logits, loss",
      trace(g, last) {
        const logits = head.apply(g, last);
        g.output("logits", logits);
        if (labels !== null) traceCrossEntropy(g, logits);
      },
      ...(labels && { feed: (packed) => feedRowLabels(labels, packed) }),
    }), options);
    return headOutput(unpacker.states(outputs.get("logits") as RunOutput, lastAxis(rule)), outputs, common);
  }

  /**
   * The `k` likeliest words of each narrow row, chosen on the GPU: only they are read back.
   *
   * @param inputs As for `forward`, without `labels`; without a `narrow_mask` every real token is a row.
   * @throws {InputError} If an input does not fit the model.
   * @throws {RangeError} If `k` is not from 1 to 128 and the size of the vocabulary.
   */
  async top_k(inputs: ModelInputs, k: number, options: ForwardOptions = {}): Promise<TopWords> {
    const most = Math.min(MAX_TOP_K, this.config.vocab_size);
    if (!Number.isInteger(k) || k < 1 || k > most) {
      throw new RangeError(`Cannot find the top words: k must be a whole number from 1 to ${most}, got ${k}`);
    }
    const batch = this.readInputs(inputs);
    if (batch.labels !== null) throw new InputError("Cannot find the top words with labels: they have no use here");
    const rows = { ...batch, narrow: batch.narrow ?? batch.mask };
    const call: (head: MaskedLMHead) => HeadCall = (head) => ({
      key: "top words",
      trace(g, last) {
        const probabilities = softmax(g, { label: "probabilities", x: head.apply(g, last) });
        const { indices, values } = topK(g, { label: "top_k", x: probabilities, k: "words" });
        g.output("indices", indices);
        g.output("scores", values);
      },
      feed: () => ({ sizes: { words: k } }),
    });
    const { outputs, unpacker } = await this.run(rows, "narrow_mask", call, options);
    return {
      indices: unpacker.states(outputs.get("indices") as RunOutput, "rows", "int32"),
      scores: unpacker.states(outputs.get("scores") as RunOutput, "rows"),
      narrow_positions: unpacker.narrowPositions(),
    };
  }

  /**
   * How likely each label is, computed on the GPU: one number a row is read back.
   *
   * @param inputs As for `forward`, with `labels`; the rows are those of labels over -100.
   * @throws {InputError} If an input does not fit the model.
   */
  async log_probabilities(inputs: ModelInputs, options: ForwardOptions = {}): Promise<LabelLikelihood> {
    const batch = rowsOfLabels(this.readInputs(inputs), this.config.vocab_size);
    const { labels } = batch;
    if (labels === null) throw new InputError("Cannot compute log-probabilities: labels must be given");
    const { outputs, unpacker } = await this.run(batch, "narrow_mask", (head) => ({
      key: "log-probabilities",
      trace(g, last) {
        const targets = g.input("labels", "u32", ["R"]);
        g.output("losses", crossEntropy(g, { label: "losses", x: head.apply(g, last), labels: targets }));
      },
      feed: (packed) => feedRowLabels(labels, packed),
    }), options);
    const { data, dims } = outputs.get("losses") as RunOutput;
    return {
      log_probabilities: unpacker.states({ data: Float32Array.from(data, (loss) => 0 - loss), dims }, "rows"),
      narrow_positions: unpacker.narrowPositions(),
    };
  }

  protected override declareHead(
    parameters: ParameterSet,
    { body, config }: { body: Body; config: NarrowBertConfig },
  ): MaskedLMHead {
    return new MaskedLMHead(parameters, body, config);
  }
}
