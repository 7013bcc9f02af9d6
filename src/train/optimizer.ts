/** What all optimizers share: steps, and their settings. */

import { checkOptionNames } from "../base/options.ts";
import type { RunOutput } from "../graph/program/outputs.ts";
import { dropoutScalars, LOSS_OPTIONS, type LossOptions, runLoss } from "../heads/loss_run.ts";
import { coreOf, lossCallOf, namesOf, type PreTrainedModel, type TeacherOption } from "../heads/pretrained.ts";
import type { ModelInputs } from "../model/batch/inputs.ts";
import type { ModelCore } from "../model/core.ts";
import { type LossParts, readLossParts } from "../model/distillation.ts";
import type { LearningCall } from "../model/learning.ts";
import { settingsOf } from "./groups.ts";
import { OptimizerState } from "./optimizer_state.ts";
import { checkRates, type OptimizerSettings } from "./settings.ts";
import { stepProgram, type UpdateRule } from "./update.ts";

/** What a step has found. */
export interface StepResult {
  /** The loss of the batch before the update. */
  loss: number;
  /** With a teacher: the parts of the loss, before they are weighted. */
  losses?: LossParts;
  /** The norm of all gradients before clipping; those of frozen tensors do not count. */
  grad_norm: number;
  /** Whether the weights were updated: not if the loss or the norm is not finite. */
  applied: boolean;
}

/**
 * The base of all optimizers, which update a model's weights: {@linkcode AdamW} and {@linkcode SGD}.
 *
 * A step is one program on the GPU: forward, backward, clipping and update. If the loss or the norm of the gradients is
 * not finite, no weight and no moment changes.
 *
 * The next step need not wait for the result of the one before: steps run in the order in which they were asked for.
 */
export abstract class Optimizer {
  /** The learning rate of the next step. */
  lr: number;
  /** The weight decay of the next step. */
  weight_decay: number;
  /** The largest norm of all gradients, to which larger ones are scaled down; 0 for no clipping. */
  max_grad_norm: number;
  readonly #model: PreTrainedModel;
  readonly #core: ModelCore;
  readonly #seed: number;
  readonly #state: OptimizerState;
  /** Steps that were asked for. */
  #steps = 0;
  /** Settles when the last step has its place behind the others. */
  #turn: Promise<void> = Promise.resolve();

  /**
   * For subclasses.
   *
   * @param call `action` is what is done, in messages; `settings` are checked but for their patterns.
   * @throws {RangeError} If a pattern matches no tensor of the model, or all are frozen.
   */
  protected constructor(
    model: PreTrainedModel,
    { action, settings, rule }: { action: string; settings: OptimizerSettings; rule: UpdateRule },
  ) {
    this.#model = model;
    this.#core = coreOf(model);
    this.#seed = settings.seed;
    this.lr = settings.lr;
    this.weight_decay = settings.weight_decay;
    this.max_grad_norm = settings.max_grad_norm;
    const program = stepProgram(rule, settingsOf(action, settings, namesOf(model)));
    this.#state = new OptimizerState(this.#core, program);
    this.#core.retain();
  }

  /**
   * One step: the loss of a batch, its gradients, and the update.
   *
   * @param inputs As for the model's `forward`, with `labels`. Arrays must not change until the promise settles.
   * @param options `dropout` sets every dropout probability; left out, they are the config's. `teacher` is a model from
   *   which the model learns too.
   * @throws {TypeError} If the model has no loss, its weights are f16, or the teacher does not fit.
   * @throws {RangeError} If an option is out of range.
   * @throws {InputError} If labels are missing, or an input does not fit the model or its teacher.
   * @throws {Error} If the optimizer or the model was disposed of, if heads were pruned since the first step, or if all
   *   weights on which the loss depends are frozen.
   */
  async step(inputs: ModelInputs, { teacher, ...options }: LossOptions & TeacherOption = {}): Promise<StepResult> {
    const purpose = "take a step";
    checkOptionNames(purpose, options, LOSS_OPTIONS);
    const call = lossCallOf(this.#model, { inputs, purpose, teacher });
    const { teaching } = call;
    const scalars = { lr: this.lr, weight_decay: this.weight_decay, max_grad_norm: this.max_grad_norm };
    checkRates(purpose, scalars);
    const source = { seed: this.#seed, step: this.#steps++ };
    const dropout = dropoutScalars(this.#core.config, source, { dropout: options.dropout, purpose });
    const before = this.#turn;
    const { promise, resolve: onQueued } = Promise.withResolvers<void>();
    this.#turn = promise;
    teaching?.core.retain(); // the teacher may be disposed of while the step waits
    try {
      await before;
      return await this.#state.use(async ({ learning, residents }) => {
        const asked: LearningCall = { learning, scalars, dropout, residents, onQueued };
        const { outputs } = await runLoss({ core: this.#core, purpose }, { ...call, options, learning: asked });
        const [loss, grad_norm, _clip, ok] = (outputs.get("state") as RunOutput).data;
        const losses = teaching && readLossParts(outputs);
        return {
          loss: loss as number,
          ...(losses && { losses }),
          grad_norm: grad_norm as number,
          applied: ok === 1,
        };
      });
    } finally {
      teaching?.core.release();
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
}
