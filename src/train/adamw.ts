/** The AdamW optimizer. */

import { checkOptionNames } from "../base/options.ts";
import type { RunOutput } from "../graph/program/outputs.ts";
import { lossCall } from "../heads/calls/losses.ts";
import { dropoutScalars, LOSS_OPTIONS, type LossOptions, runLoss } from "../heads/loss_run.ts";
import { coreOf, type ModelClass, type PreTrainedModel } from "../heads/pretrained.ts";
import type { ModelInputs } from "../model/batch/inputs.ts";
import type { ModelCore } from "../model/core.ts";
import type { LearningCall } from "../model/learning.ts";
import { AdamWState } from "./adamw_state.ts";
import { type AdamWSettings, readSettings } from "./adamw_settings.ts";
import { updateByAdamW } from "./update.ts";

/** Options of {@linkcode AdamW}. */
export type AdamWOptions = Partial<AdamWSettings>;

/** What a step has found. */
export interface StepResult {
  /** The loss of the batch before the update. */
  loss: number;
  /** The norm of all gradients before clipping. */
  grad_norm: number;
  /** Whether the weights were updated: not if the loss or the norm is not finite. */
  applied: boolean;
}

/**
 * AdamW with decoupled weight decay, as `torch.optim.AdamW`, with clipping by the norm of all gradients.
 *
 * A step is one program on the GPU: forward, backward, clipping and update. If the loss or the norm of the gradients is
 * not finite, no weight and no moment changes. Weights decay, biases and the weights of LayerNorms do not.
 *
 * The next step need not wait for the result of the one before: steps run in the order in which they were asked for.
 *
 * @example
 * ```ts
 * import { AdamW, NarrowBertConfig, NarrowBertForSequenceClassification } from "@narrowbert/webgpu";
 *
 * const sizes = { vocab_size: 100, hidden_size: 32, num_attention_heads: 2, intermediate_size: 64 };
 * const config = new NarrowBertConfig({ ...sizes, num_hidden_layers: 3, num_labels: 3 });
 * using model = await NarrowBertForSequenceClassification.from_config(config); // random weights
 * using optimizer = new AdamW(model, { lr: 1e-3 });
 *
 * const batch = { input_ids: [[2, 40, 41, 3], [2, 50, 51, 3]], labels: [0, 2] };
 * for (let i = 0; i < 5; i++) {
 *   const { loss, grad_norm } = await optimizer.step(batch);
 *   console.log(loss, grad_norm);
 * }
 * ```
 */
export class AdamW {
  /** The learning rate of the next step. */
  lr: number;
  /** The weight decay of the next step. */
  weight_decay: number;
  /** The largest norm of all gradients, to which larger ones are scaled down; 0 for no clipping. */
  max_grad_norm: number;
  readonly #model: PreTrainedModel;
  readonly #core: ModelCore;
  readonly #settings: AdamWSettings;
  readonly #state: AdamWState;
  /** Steps that were asked for. */
  #steps = 0;
  /** Settles when the last step has its place behind the others. */
  #turn: Promise<void> = Promise.resolve();

  /**
   * @param model Its weights are updated; every model that shares them sees that.
   * @throws {RangeError} If an option is out of range.
   * @throws {TypeError} If there is no such option.
   */
  constructor(model: PreTrainedModel, options: AdamWOptions = {}) {
    const settings = readSettings(options);
    this.#model = model;
    this.#core = coreOf(model);
    this.#settings = settings;
    this.lr = settings.lr;
    this.weight_decay = settings.weight_decay;
    this.max_grad_norm = settings.max_grad_norm;
    this.#state = new AdamWState(this.#core, updateByAdamW(settings));
    this.#core.retain();
  }

  /**
   * One step: the loss of a batch, its gradients, and the update.
   *
   * @param inputs As for the model's `forward`, with `labels`. Arrays must not change until the promise settles.
   * @param options `dropout` sets every dropout probability; left out, they are the config's.
   * @throws {TypeError} If the model has no loss, or its weights are f16.
   * @throws {InputError} If labels are missing, or an input does not fit the model.
   * @throws {Error} If the optimizer or the model was disposed of, or heads were pruned since the first step.
   */
  async step(inputs: ModelInputs, options: LossOptions = {}): Promise<StepResult> {
    const purpose = "take a step";
    checkOptionNames(purpose, options, LOSS_OPTIONS);
    coreOf(this.#model); // throws if it was disposed of
    const { head, name } = this.#model.constructor as unknown as ModelClass<PreTrainedModel>;
    const call = lossCall({ head, name }, { inputs, config: this.#core.config, purpose });
    const { lr, weight_decay, max_grad_norm } = readSettings({ ...this.#settings, ...this.#own });
    const source = { seed: this.#settings.seed, step: this.#steps++ };
    const dropout = dropoutScalars(this.#core.config, source, { dropout: options.dropout, purpose });
    const before = this.#turn;
    const { promise, resolve: onQueued } = Promise.withResolvers<void>();
    this.#turn = promise;
    try {
      await before;
      return await this.#state.use(async ({ learning, residents }) => {
        const scalars = { lr, weight_decay, max_grad_norm };
        const asked: LearningCall = { learning, scalars, dropout, residents, onQueued };
        const { outputs } = await runLoss({ core: this.#core, purpose }, { ...call, options, learning: asked });
        const [loss, grad_norm, _clip, ok] = (outputs.get("state") as RunOutput).data;
        return { loss: loss as number, grad_norm: grad_norm as number, applied: ok === 1 };
      });
    } finally {
      onQueued();
    }
  }

  /** Frees the moments on the GPU, after the steps under way. The model stays. */
  dispose(): void {
    if (this.#state.dispose()) this.#core.release();
  }

  /** {@linkcode dispose}, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  get #own(): Pick<AdamWSettings, "lr" | "weight_decay" | "max_grad_norm"> {
    return { lr: this.lr, weight_decay: this.weight_decay, max_grad_norm: this.max_grad_norm };
  }
}
