/** The base model: hidden states, and a pooled first token. */

import { InputError } from "../base/errors.ts";
import type { Tensor } from "../base/tensor.ts";
import { meanRows } from "../graph/ops/rows/mean_rows.ts";
import type { RunOutput } from "../graph/program/outputs.ts";
import { type Batch, type ModelInputs, readInputs } from "../model/batch/inputs.ts";
import { firstRowRule, maskedRowRule } from "../model/batch/row_rules.ts";
import { lastAxis } from "../model/batch/unpacking.ts";
import { floatTensor } from "../model/common_outputs.ts";
import type { CommonOutputs, ForwardOptions } from "../model/forward_options.ts";
import { BASE, type ModelHead } from "../model/head.ts";
import type { Pooler } from "../model/pooler.ts";
import type { Stage } from "../model/stage.ts";
import { runPadded } from "./padded_call.ts";
import { PreTrainedModel } from "./pretrained.ts";

/** Results of {@linkcode NarrowBertModel.forward}. */
export interface NarrowBertModelOutput extends CommonOutputs {
  /** `[B, 1, H]` with a pooler, `[B, rows, H]` with a narrow mask, `[B, L, H]` in the ordinary mode. */
  last_hidden_state: Tensor<"float32">;
  /** `tanh` of a linear layer on each sequence's first row, `[B, H]`; only with a pooler. */
  pooler_output?: Tensor<"float32">;
}

/**
 * NarrowBERT without a head.
 *
 * With a pooler (the default) its narrow layers compute the first token of each sequence. Without one
 * (`add_pooling_layer: false`) they compute the positions of `narrow_mask`. If there is no `narrow_mask` either, all
 * layers run over all tokens as in an ordinary BERT: the ordinary mode.
 *
 * @example
 * ```ts
 * const folder = "examples/models/wordnet/mlm";
 * using model = await NarrowBertModel.from_pretrained(folder, { add_pooling_layer: false });
 * const { last_hidden_state } = await model.forward({ input_ids: [[2, 40, 4, 3]], narrow_mask: [[0, 0, 1, 0]] });
 * console.log(last_hidden_state.dims); // [1, 1, 128]
 * ```
 */
export class NarrowBertModel extends PreTrainedModel {
  /** No head; a pooler unless it is left out. */
  static readonly head: ModelHead = BASE;

  /**
   * Computes the last hidden state.
   *
   * @throws {InputError} If an input does not fit the model.
   */
  async forward(inputs: ModelInputs, options: ForwardOptions = {}): Promise<NarrowBertModelOutput> {
    const batch = this.#readUnlabelled(inputs);
    const rule = this.pooler ? firstRowRule(batch) : maskedRowRule(batch);
    const { outputs, unpacker, common } = await runPadded(this, {
      batch,
      rule,
      head: { stage: LAST_STATE },
      options,
    });
    const result: NarrowBertModelOutput = {
      last_hidden_state: unpacker.states(outputs.get("last_hidden_state") as RunOutput, lastAxis(rule)),
      ...common,
    };
    const pooled = outputs.get("pooler_output");
    if (pooled !== undefined) result.pooler_output = floatTensor(pooled);
    return result;
  }

  /**
   * The mean of each sequence's rows in the last hidden state, `[B, H]`, computed on the GPU: only it is read back. A
   * sequence without rows gives zeros.
   *
   * @param inputs As for `forward`; without `narrow_mask`, the rows are those of `attention_mask`.
   * @throws {InputError} If an input does not fit the model, or the model has a pooler.
   */
  async mean_pooling(inputs: ModelInputs, options: ForwardOptions = {}): Promise<Tensor<"float32">> {
    if (this.pooler) {
      throw new InputError(
        "Cannot take the mean of the rows of a model that has a pooler: it computes position 0 of each sequence alone; " +
          "load NarrowBertModel with add_pooling_layer: false",
      );
    }
    const batch = this.#readUnlabelled(inputs);
    const rows = { ...batch, narrow: batch.narrow ?? batch.mask };
    const head = { stage: MEAN, inputs: { row_starts: startsOf(rows) }, scalars: { row_starts: batch.sequences + 1 } };
    const { outputs } = await runPadded(this, { batch: rows, rule: "narrow_mask", head, options });
    return floatTensor(outputs.get("means") as RunOutput);
  }

  #readUnlabelled(inputs: ModelInputs): Batch {
    const batch = readInputs(inputs, this.config);
    if (batch.labels !== null) throw new InputError("Cannot run NarrowBertModel with labels: it has no loss");
    return batch;
  }
}

const LAST_STATE: Stage<Pooler | null> = {
  head: BASE,
  trace: (g, rows, pooler) => ({
    last_hidden_state: rows,
    ...(pooler !== null && { pooler_output: pooler.apply(g, rows) }),
  }),
};

const MEAN: Stage<Pooler | null> = {
  head: BASE,
  trace(g, x) {
    const starts = g.input("row_starts", "u32", ["row_starts"]);
    return { means: meanRows(g, { label: "means", x, starts, segments: "B" }) };
  },
};

/** The first narrow row of each sequence, and their number. */
function startsOf({ sequences, length, narrow }: Batch): Uint32Array {
  const starts = new Uint32Array(sequences + 1);
  for (let b = 0; b < sequences; b++) {
    let count = starts[b] as number;
    for (let l = 0; l < length; l++) if (narrow?.[b * length + l] === 1) count++;
    starts[b + 1] = count;
  }
  return starts;
}
