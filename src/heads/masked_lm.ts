/** Masked language modelling: which word stands at a position. */

import { InputError } from "../base/errors.ts";
import type { Tensor } from "../base/tensor.ts";
import type { RunOutput } from "../graph/program/outputs.ts";
import { MAX_TOP_K } from "../kernels/rows/top_k.ts";
import { type ModelInputs, readInputs } from "../model/batch/inputs.ts";
import { lastAxis } from "../model/batch/unpacking.ts";
import type { ForwardOptions } from "../model/forward_options.ts";
import type { ModelHead } from "../model/head.ts";
import type { Stage } from "../model/stage.ts";
import { maskedLMCall } from "./calls/masked_lm.ts";
import { rowLabels, rowsOfLabels, traceRowLosses } from "./labels.ts";
import { MASKED_LM, type MaskedLMHead, traceTopWords } from "./layers/masked_lm.ts";
import { type HeadOutput, headOutput } from "./output.ts";
import { runPadded } from "./padded_call.ts";
import { PreTrainedModel } from "./pretrained.ts";

/** The likeliest words of each narrow row. */
export interface TopWords {
  /** Word pieces by falling probability, int32 `[B, rows, k]`. */
  indices: Tensor<"int32">;
  /** Their probabilities, `[B, rows, k]`. */
  scores: Tensor<"float32">;
  /** The position of each row, int32 `[B, rows]`, -1 for padding. */
  narrow_positions: Tensor<"int32">;
}

/** How likely the model finds the labels of each narrow row. */
export interface LabelLikelihood {
  /** The natural logarithm of each label's probability, `[B, rows]`; 0 in padding. */
  log_probabilities: Tensor<"float32">;
  /** The position of each row, int32 `[B, rows]`, -1 for padding. */
  narrow_positions: Tensor<"int32">;
}

/**
 * NarrowBERT with a masked language modelling head.
 *
 * Logits are `[B, rows, V]` for the positions of `narrow_mask`, or of labels over -100, which win over it; `[B, L, V]`
 * without either (see {@linkcode NarrowBertModel} on the ordinary mode). `labels` are `[B, L]`; the loss is the mean
 * cross-entropy over labels other than -100, 0 if there are none.
 *
 * @example
 * ```ts
 * import { AutoTokenizer, NarrowBertForMaskedLM } from "@narrowbert/webgpu";
 *
 * const folder = "examples/models/wordnet/mlm";
 * const tokenizer = await AutoTokenizer.from_pretrained(folder);
 * using model = await NarrowBertForMaskedLM.from_pretrained(folder);
 *
 * const input_ids = tokenizer.encode("a large [MASK] with a long neck");
 * const narrow_mask = input_ids.map((id) => id === tokenizer.mask_token_id);
 * const { indices } = await model.top_k({ input_ids: [input_ids], narrow_mask: [narrow_mask] }, 1);
 * console.log(tokenizer.decode([indices.item()])); // head
 * ```
 */
export class NarrowBertForMaskedLM extends PreTrainedModel {
  /** The head that predicts words. */
  static readonly head: ModelHead = MASKED_LM;

  /**
   * Computes logits, and the loss if labels are given.
   *
   * @throws {InputError} If an input does not fit the model.
   */
  async forward(inputs: ModelInputs, options: ForwardOptions = {}): Promise<HeadOutput> {
    const call = maskedLMCall(inputs, this.config);
    const { outputs, unpacker, common } = await runPadded(this, { ...call, options });
    return headOutput(unpacker.states(outputs.get("logits") as RunOutput, lastAxis(call.rule)), outputs, common);
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
    const batch = readInputs(inputs, this.config);
    if (batch.labels !== null) throw new InputError("Cannot find the top words with labels: they have no use here");
    const rows = { ...batch, narrow: batch.narrow ?? batch.mask };
    const head = { stage: TOP_WORDS, scalars: { words: k } };
    const { outputs, unpacker } = await runPadded(this, { batch: rows, rule: "narrow_mask", head, options });
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
    const batch = rowsOfLabels(readInputs(inputs, this.config), this.config.vocab_size);
    const { labels } = batch;
    if (labels === null) throw new InputError("Cannot compute log-probabilities: labels must be given");
    const head = { stage: LABEL_LOSSES, inputs: { labels: rowLabels(labels).inputs.labels } };
    const { outputs, unpacker } = await runPadded(this, { batch, rule: "narrow_mask", head, options });
    const { data, dims } = outputs.get("losses") as RunOutput;
    return {
      log_probabilities: unpacker.states({ data: Float32Array.from(data, (loss) => 0 - loss), dims }, "rows"),
      narrow_positions: unpacker.narrowPositions(),
    };
  }
}

const TOP_WORDS: Stage<MaskedLMHead> = {
  head: MASKED_LM,
  trace: (g, rows, head) => traceTopWords(g, head.apply(g, rows), "words"),
};

const LABEL_LOSSES: Stage<MaskedLMHead> = {
  head: MASKED_LM,
  trace: (g, rows, head) => ({ losses: traceRowLosses(g, head.apply(g, rows), "labels") }),
};
