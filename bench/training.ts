/** What the benches of training do: batches for masked language models, and parts of a training step by themselves. */

import type { NarrowBertConfig, NarrowBertForMaskedLM } from "../mod.ts";
import { lossCall } from "../src/heads/calls/losses.ts";
import type { RunnableCall } from "../src/heads/calls/head_call.ts";
import { classLabels, traceCrossEntropy } from "../src/heads/labels.ts";
import { MASKED_LM, type MaskedLMHead } from "../src/heads/layers/masked_lm.ts";
import { dropoutScalars, runLoss } from "../src/heads/loss_run.ts";
import { coreOf } from "../src/heads/pretrained.ts";
import type { FlatArray } from "../src/model/batch/arrays.ts";
import { readInputs } from "../src/model/batch/inputs.ts";
import { type Learning, parameterGradients } from "../src/model/learning.ts";
import type { Stage } from "../src/model/stage.ts";
import { OptimizerState } from "../src/train/optimizer_state.ts";
import { stepPrograms, type UpdateRule } from "../src/train/update.ts";
import { adamw } from "../src/graph/ops/training/optimizer/adamw.ts";
import type { RunOutput } from "../src/graph/program/outputs.ts";
import { LENGTH, narrowMask, tokens } from "./bert256.ts";

/** Masked tokens of a sequence: 15%. */
export const MASKED = Math.floor(0.15 * LENGTH);

/** The id that stands in place of masked tokens. */
const MASK = 103;

/** No label here. */
const IGNORE = -100;

/** Settings of the optimizer that only its speed depends on: none. */
export const SETTINGS = { lr: 1e-4, weight_decay: 0.01, max_grad_norm: 1 };

/** A batch for pretraining. */
export type MaskedBatch = Record<"input_ids" | "labels", number[][]>;

/** Sequences of random tokens, of which {@linkcode MASKED} are masked in each, with these as labels. */
export function maskedBatch(sequences: number, config: NarrowBertConfig): MaskedBatch {
  const ids = tokens(sequences, LENGTH, config);
  const masked = narrowMask(sequences, LENGTH, MASKED);
  const choose = (value: (id: number, isMasked: boolean) => number) =>
    ids.map((row, b) => row.map((id, l) => value(id, masked[b]?.[l] === 1)));
  return {
    input_ids: choose((id, isMasked) => isMasked ? MASK : id),
    labels: choose((id, isMasked) => isMasked ? id : IGNORE),
  };
}

/**
 * Forward and backward, of which the loss alone is read back. Nothing reads the gradients, so each may be written over by
 * the next; a step needs them all until the update.
 */
const BACKWARD: Learning = {
  trace(g, loss, parameters) {
    parameterGradients(g, loss, parameters);
    g.output("loss", loss);
  },
};

/** The loss of a batch, with all gradients computed on the GPU, without dropout. */
export async function backward(model: NarrowBertForMaskedLM, batch: MaskedBatch): Promise<number> {
  const core = coreOf(model);
  const purpose = "go forward and backward";
  const head = { head: MASKED_LM, name: model.constructor.name };
  const call = lossCall(head, { inputs: batch, config: core.config, purpose });
  const learning = { learning: BACKWARD, dropout: null };
  const { outputs } = await runLoss({ core, purpose }, { ...call, teaching: null, options: {}, learning });
  return (outputs.get("loss") as RunOutput).data[0] as number;
}

/** Logits of all rows, most of which have no label. */
const LOSS_OF_ALL_ROWS: Stage<MaskedLMHead> = {
  head: MASKED_LM,
  trace: (g, rows, head) => ({ loss: traceCrossEntropy(g, head.apply(g, rows)) }),
};

/** The rule of AdamW with the settings that the class has by default. */
const ADAMW: UpdateRule<"m" | "v"> = {
  moments: ["m", "v"],
  betas: [0.9, 0.999],
  update: (g, { moments, ...call }) => adamw(g, { ...call, ...moments, betas: [0.9, 0.999], eps: 1e-8 }),
};

/**
 * AdamW on the paper's baseline: the head computes logits of all tokens, and the loss takes those of the masked ones. So
 * the loss is that of `AdamW` on the same model, whose head computes the masked rows alone.
 */
export class AdamWOverAllTokens {
  readonly #model: NarrowBertForMaskedLM;
  readonly #state: OptimizerState;
  #steps = 0;

  /** @param model All of its layers must be full. */
  constructor(model: NarrowBertForMaskedLM) {
    this.#model = model;
    const programs = stepPrograms(ADAMW, (name) => ({ lrFactor: 1, decays: !/\.bias$|LayerNorm/.test(name) }));
    this.#state = new OptimizerState(coreOf(model), programs);
  }

  async step(batch: MaskedBatch, { dropout }: { dropout?: number } = {}): Promise<{ loss: number; grad_norm: number }> {
    const core = coreOf(this.#model);
    const purpose = "take a step over all tokens";
    const call = callOverAllTokens(batch, core.config);
    const source = { seed: 0, step: this.#steps++ };
    const scalars = dropoutScalars(core.config, source, { dropout, purpose });
    return await this.#state.step(async (stateOf) => {
      const { learning, residents } = await stateOf("whole");
      const asked = { learning, scalars: SETTINGS, dropout: scalars, residents };
      const { outputs } = await runLoss({ core, purpose }, { ...call, teaching: null, options: {}, learning: asked });
      const [loss, grad_norm] = (outputs.get("state") as RunOutput).data;
      return { loss: loss as number, grad_norm: grad_norm as number };
    });
  }
}

function callOverAllTokens(inputs: MaskedBatch, config: NarrowBertConfig): RunnableCall {
  const batch = readInputs(inputs, config);
  const rows = batch.sequences * batch.length;
  const labels: FlatArray = { ...batch.labels as FlatArray, dims: [rows] };
  const head = { stage: LOSS_OF_ALL_ROWS, ...classLabels(labels, rows, config.vocab_size) };
  return { batch, rule: "ordinary", head };
}
