/** What all optimizers share: steps, and their settings. */

import { classOf } from "../base/messages.ts";
import { checkOptionNames } from "../base/options.ts";
import type { Tensor } from "../base/tensor.ts";
import type { RunOutput } from "../graph/program/outputs.ts";
import type { LossCall } from "../heads/distillation.ts";
import { checkDropout, dropoutScalars, LOSS_OPTIONS, lossBytes, type LossOptions, runLoss } from "../heads/loss_run.ts";
import { coreOf, PreTrainedModel, shapesOf, type TeacherOption } from "../heads/pretrained.ts";
import type { ModelInputs } from "../model/batch/inputs.ts";
import type { ModelCore } from "../model/core.ts";
import { type LossParts, readLossParts } from "../model/distillation.ts";
import type { LearningCall } from "../model/learning.ts";
import type { RunResult } from "../model/runner.ts";
import type { DropoutScalars } from "../nn/dropout.ts";
import { settingsOf } from "./groups.ts";
import { callsOf, runParts, sumScalars } from "./micro_batches.ts";
import { momentsOf } from "./moments.ts";
import { OptimizerState } from "./optimizer_state.ts";
import { OptimizerStore } from "./optimizer_store.ts";
import { checkFactors, checkRates, type OptimizerSettings } from "./settings.ts";
import { stepPrograms, type UpdateRule } from "./update.ts";

const PURPOSE = "take a step";

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

/** Bytes that a step takes on the GPU. */
export interface StepMemory {
  /** The weights, those of a teacher too. */
  weights: number;
  /** The moments; of a step in micro-batches the sums of gradients too. */
  optimizer: number;
  /** What the step itself computes: activations, gradients, and copies of weights to textures. */
  activations: number;
  /** All of them. */
  total: number;
}

/** A call of a step, and what it drops. */
interface Pass {
  readonly call: LossCall;
  readonly dropout: DropoutScalars | null;
}

/** Set once the class is defined: only it sees its store. */
let ownStore: (optimizer: Optimizer) => OptimizerStore;

/** The settings of an optimizer, and its state as tensors. */
export function storeOf(optimizer: Optimizer): OptimizerStore {
  return ownStore(optimizer);
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
  readonly #state: OptimizerState;
  readonly #store: OptimizerStore;

  static {
    ownStore = (optimizer) => optimizer.#store;
  }

  /**
   * For subclasses.
   *
   * @param call `action` is what is done, in messages; `settings` are checked but for their patterns.
   * @throws {RangeError} If a pattern matches no tensor of the model, or all are frozen.
   * @throws {TypeError} If the model is none.
   * @throws {DeviceLostError} If its device is lost.
   */
  protected constructor(
    model: PreTrainedModel,
    { action, settings, rule }: { action: string; settings: OptimizerSettings; rule: UpdateRule },
  ) {
    if (!(model instanceof PreTrainedModel)) {
      throw new TypeError(`Cannot ${action}: model must be a model of this library, got ${classOf(model)}`);
    }
    this.#model = model;
    this.#core = coreOf(model);
    this.#core.gpu.checkLost();
    this.lr = settings.lr;
    this.weight_decay = settings.weight_decay;
    this.max_grad_norm = settings.max_grad_norm;
    const names = [...shapesOf(model).keys()];
    const groups = settingsOf(action, settings, names);
    const state = new OptimizerState(this.#core, stepPrograms(rule, groups));
    this.#state = state;
    this.#store = new OptimizerStore({ model, settings, state, moments: momentsOf(rule, groups, names) });
  }

  /** The model whose weights it updates. */
  get model(): PreTrainedModel {
    return this.#model;
  }

  /**
   * One step: the loss of a batch, its gradients, and the update.
   *
   * A batch may come in several parts, micro-batches, which take less memory together than the whole. Their gradients are
   * added on the GPU, and loss, norm and update are those of the whole batch, up to rounding.
   *
   * @param inputs As for the model's `forward`, with `labels`; or an array of micro-batches. Arrays must not change until
   *   the promise settles.
   * @param options `dropout` sets every dropout probability; left out, they are the config's. `teacher` is a model from
   *   which the model learns too. An abort by `signal` either leaves all weights and moments as they were, or comes too
   *   late: then the step ends as if there was none.
   * @throws {TypeError} If the model has no loss, its weights are f16, the teacher does not fit, or the class weights do
   *   not fit the labels.
   * @throws {RangeError} If there is no micro-batch, or an option is out of range.
   * @throws {InputError} If labels are missing, an input does not fit the model or its teacher, or only some micro-batches
   *   have `inputs_embeds`.
   * @throws {Error} If the optimizer or the model was disposed of, if heads were pruned since the first step, or if all
   *   weights on which the loss depends are frozen.
   */
  async step(
    inputs: ModelInputs | readonly ModelInputs[],
    { teacher, ...options }: LossOptions & TeacherOption = {},
  ): Promise<StepResult> {
    checkOptionNames(PURPOSE, options, LOSS_OPTIONS);
    const calls = this.#callsOf(inputs, { teacher, ...options });
    const taught = calls[0]?.teaching?.core;
    const rates = { lr: this.lr, weight_decay: this.weight_decay, max_grad_norm: this.max_grad_norm };
    checkRates(PURPOSE, rates);
    checkFactors(PURPOSE, { lr: this.lr, lr_factors: this.#store.settings.lr_factors });
    const passes = calls.map((call): Pass => ({ call, dropout: this.#dropout(options) }));
    const owner = { core: this.#core, purpose: PURPOSE };
    taught?.retain(); // the teacher may be disposed of while the step waits
    return await this.#store.inTurn((onQueued) =>
      this.#state.step(async (stateOf) => {
        const count = passes.length;
        const results = await runParts({ count, signal: options.signal, onQueued }, async (i, { signal, ...part }) => {
          const { call, dropout } = passes[i] as Pass;
          const { learning, residents } = await stateOf(count === 1 ? "whole" : "parts");
          const scalars = { ...rates, ...(count > 1 && sumScalars(i, count)) };
          const asked: LearningCall = { ...part, learning, scalars, dropout, residents };
          return await runLoss(owner, { ...call, options: { ...options, signal }, learning: asked });
        });
        const { outputs } = results.at(-1) as RunResult;
        const [loss, grad_norm, _clip, ok] = (outputs.get("state") as RunOutput).data;
        const losses = taught && readLossParts(results.map(({ outputs }) => outputs));
        return {
          loss: loss as number,
          ...(losses && { losses }),
          grad_norm: grad_norm as number,
          applied: ok === 1,
        };
      })
    ).finally(() => taught?.release());
  }

  /**
   * The state after the steps that were asked for so far, read back from the GPU; later steps wait for it. Together with
   * the weights of then it is all that a training needs to go on as if it had never stopped.
   *
   * @returns By name: the moments of each tensor that is not frozen, in its shape, as `TENSOR.m` and `TENSOR.v`, or as
   *   `TENSOR.momentum`; `optimizer.state` `[2, 4]`, the record of the last step and the count of updates;
   *   `optimizer.dropout` `[2]`, int64: the seed, and the passes through the model so far.
   */
  async state_dict(): Promise<Map<string, Tensor>> {
    return await this.#store.read();
  }

  /**
   * Puts a state in the place of the optimizer's, bit by bit, after the steps that were asked for so far. Of the settings
   * it changes the seed alone.
   *
   * @param state What `state_dict` gave. It must not change until the promise settles.
   * @throws {TypeError} If it is no map.
   * @throws {CheckpointError} If tensors are missing, without a use, of another type or shape or not finite; everything
   *   wrong is listed, and nothing has changed.
   */
  async load_state_dict(state: ReadonlyMap<string, Tensor>): Promise<void> {
    await this.#store.load({ state }, "load this state of an optimizer");
  }

  /**
   * Bytes that a step takes on the GPU, computed before anything is allocated: what the weights, the moments and the
   * activations with the gradients take, and all together. What earlier calls of other kinds keep is not counted.
   *
   * @param inputs As for {@linkcode step}. Micro-batches work in the same memory, one after the other.
   * @throws As {@linkcode step}.
   * @throws {RangeError} If the device cannot hold one of the buffers.
   */
  async memory(
    inputs: ModelInputs | readonly ModelInputs[],
    { teacher, ...options }: LossOptions & TeacherOption = {},
  ): Promise<StepMemory> {
    checkOptionNames(PURPOSE, options, LOSS_OPTIONS);
    const calls = this.#callsOf(inputs, { teacher, ...options });
    const owner = { core: this.#core, purpose: PURPOSE };
    return await this.#state.keep(async () => {
      const { learning, optimizer } = await this.#state.plan(calls.length === 1 ? "whole" : "parts");
      const rates = { lr: 0, weight_decay: 0, max_grad_norm: 0, ...sumScalars(0, 2) };
      const source = { seed: 0, step: 0 };
      const dropout = dropoutScalars(this.#core.config, source, { dropout: options.dropout, purpose: PURPOSE });
      const asked = { learning, scalars: rates, dropout };
      const activations = await lossBytes(owner, calls.map((call) => ({ ...call, options, learning: asked })));
      const cores = new Set([this.#core, ...calls.flatMap(({ teaching }) => teaching === null ? [] : [teaching.core])]);
      const weights = [...cores].reduce((sum, { weightBytes }) => sum + weightBytes, 0);
      return { weights, optimizer, activations, total: weights + optimizer + activations };
    });
  }

  #callsOf(
    inputs: ModelInputs | readonly ModelInputs[],
    { teacher, ...options }: LossOptions & TeacherOption,
  ): LossCall[] {
    return callsOf(this.#model, { inputs, purpose: PURPOSE, teacher, options });
  }

  #dropout({ dropout }: LossOptions): DropoutScalars | null {
    checkDropout(PURPOSE, dropout); // a step that is refused is no pass
    return dropoutScalars(this.#core.config, this.#store.nextPass(), { dropout, purpose: PURPOSE });
  }

  /** Frees the moments and the memory of steps on the GPU, after the steps that were asked for. The model stays. */
  dispose(): void {
    this.#state.dispose();
  }

  /** {@linkcode dispose}, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
