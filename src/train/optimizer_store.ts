/** The state of an optimizer as tensors: read between two steps, and put back. */

import { expectMap, refuseProblems, stateDictProblems } from "../base/state_dict.ts";
import { Tensor } from "../base/tensor.ts";
import type { DropoutSource } from "../heads/loss_run.ts";
import { coreOf, type PreTrainedModel, shapesOf, weightProblems } from "../heads/pretrained.ts";
import type { ModelCore } from "../model/core.ts";
import type { GatheredTensor } from "../nn/layout/placement.ts";
import { DROPOUT, type Moments } from "./moments.ts";
import type { OptimizerState } from "./optimizer_state.ts";
import type { OptimizerSettings } from "./settings.ts";
import { STATE } from "./update.ts";

/** Tensors by name. */
export type Tensors = ReadonlyMap<string, Tensor>;

/** A training between two steps. */
export interface TrainingTensors {
  /** The weights by checkpoint name. */
  readonly weights: Tensors;
  /** The state of the optimizer. */
  readonly state: Tensors;
}

/** What an {@linkcode OptimizerStore} is of. */
interface StoreInit {
  model: PreTrainedModel;
  settings: OptimizerSettings;
  state: OptimizerState;
  moments: Moments;
}

/** Of each model, what settles when all that was asked of its optimizers so far has its place. */
const turns = new WeakMap<ModelCore, Promise<void>>();

/** Reads and writes the state of an optimizer, in turn with its steps and with other optimizers of the model. */
export class OptimizerStore {
  /** What the optimizer was made with. */
  readonly settings: OptimizerSettings;
  readonly #model: PreTrainedModel;
  readonly #state: OptimizerState;
  readonly #moments: Moments;
  /**
   * The seed, and the passes through the model that were asked for, each of which drops other elements: of the optimizer,
   * then of each load that is under way. The last counts.
   */
  readonly #sources: [DropoutSource, ...DropoutSource[]];

  constructor({ model, settings, state, moments }: StoreInit) {
    this.settings = settings;
    this.#model = model;
    this.#state = state;
    this.#moments = moments;
    this.#sources = [{ seed: settings.seed, step: 0 }];
  }

  /** What decides which elements the next pass drops. */
  nextPass(): DropoutSource {
    const source = this.#source;
    return { seed: source.seed, step: source.step++ };
  }

  /**
   * Does work when all that was asked for so far has its place; until it is done the moments stay.
   *
   * @param work Calls `done`, at its end at the latest, when what is asked for later may have its turn.
   */
  async inTurn<T>(work: (done: () => void) => Promise<T>): Promise<T> {
    return await this.#state.keep(async () => {
      const core = coreOf(this.#model);
      const before = turns.get(core);
      const { promise, resolve: done } = Promise.withResolvers<void>();
      turns.set(core, promise);
      try {
        await before;
        return await work(done);
      } finally {
        done();
      }
    });
  }

  /** The state after the steps that were asked for so far. */
  async read(): Promise<Map<string, Tensor>> {
    const dropout = this.#dropout();
    return await this.inTurn(() => this.#readState(dropout));
  }

  /** The weights and the state after the steps that were asked for so far. */
  async readAll(): Promise<TrainingTensors> {
    const dropout = this.#dropout();
    return await this.inTurn(async () => {
      const weights = await this.#model.state_dict();
      return { weights, state: await this.#readState(dropout) };
    });
  }

  /**
   * Puts a state in the place of the optimizer's, and weights in that of its model's if there are some, after the steps
   * that were asked for so far. Seed and passes count from the call on; after an error they are as if there was no load.
   *
   * @param action What is done, in messages.
   * @throws {TypeError} If the state is no map.
   * @throws {CheckpointError} If they do not fit; everything wrong is listed, and nothing has changed.
   */
  async load({ state, weights }: Partial<TrainingTensors> & { state: Tensors }, action: string): Promise<void> {
    expectMap(action, state);
    const problems = weights === undefined ? [] : weightProblems(this.#model, weights);
    problems.push(...stateDictProblems(state, this.#moments.expected(shapesOf(this.#model))));
    if (problems.length === 0) problems.push(...valueProblems(state));
    refuseProblems(action, problems);
    // Steps that are asked for from now on count on.
    const [seed, passes] = Array.from((state.get(DROPOUT) as Tensor).data, Number) as [number, number];
    const source = { seed, step: passes };
    this.#sources.push(source);
    try {
      await this.inTurn(async () => {
        await this.#state.idle();
        await this.#state.ready(); // What can fail comes before anything has changed.
        if (weights !== undefined) await this.#model.load_state_dict(weights);
        await this.#state.write(this.#moments, { get: (name) => (state.get(name) as Tensor).data as Float32Array });
      });
    } catch (error) {
      this.#withdraw(source, passes);
      throw error;
    }
    // An earlier load has failed, or it is over too.
    const at = this.#sources.indexOf(source);
    if (at > 0) this.#sources.splice(0, at);
  }

  /** Takes back the source of a load that failed. The passes since it was asked for count in the one before. */
  #withdraw(source: DropoutSource, passes: number): void {
    const at = this.#sources.indexOf(source);
    const before = this.#sources[at - 1];
    if (before === undefined) return; // A later load is over, so this one counts no more.
    before.step += source.step - passes;
    this.#sources.splice(at, 1);
  }

  get #source(): DropoutSource {
    return this.#sources.at(-1) as DropoutSource;
  }

  #dropout(): Tensor {
    const { seed, step } = this.#source;
    return new Tensor("int64", [seed, step], [2]);
  }

  async #readState(dropout: Tensor): Promise<Map<string, Tensor>> {
    const read = await this.#state.read(this.#moments);
    const state = new Map<string, Tensor>(this.#moments.names.map((name) => {
      const { data, shape } = read.get(name) as GatheredTensor;
      return [name, new Tensor("float32", data, shape)] as const;
    }));
    return state.set(DROPOUT, dropout);
  }
}

/** What is wrong with the numbers of a state whose tensors are there, each of the right type and shape. */
function valueProblems(state: Tensors): string[] {
  const numbers = (name: string) =>
    Array.from((state.get(name) as Tensor).data, Number) as [number, number, ...number[]];
  const isCount = (count: number) => Number.isInteger(count) && count >= 0 && count < 2 ** 32;
  const problems: string[] = [];
  const [seed, passes] = numbers(DROPOUT);
  if (!isCount(seed) || !isCount(passes)) {
    problems.push(`"${DROPOUT}" must be a seed from 0 below 2^32 and a count of passes, got ${seed} and ${passes}`);
  }
  const updates = numbers(STATE)[4] as number;
  if (!isCount(updates)) problems.push(`"${STATE}" must have a count of updates from 0 at [1, 0], got ${updates}`);
  for (const [name, { data }] of state) {
    if (!name.endsWith(".v")) continue;
    const at = (data as Float32Array).findIndex((square) => square < 0);
    if (at >= 0) problems.push(`"${name}" must be means of squares from 0, got ${data[at]} as element ${at}`);
  }
  return problems;
}
