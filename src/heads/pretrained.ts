/** The base of all model classes: loading, random weights, saving, pruning, freeing memory. */

import { DisposedError } from "../base/errors.ts";
import { expectMap, refuseProblems, stateDictProblems } from "../base/state_dict.ts";
import type { Tensor } from "../base/tensor.ts";
import type { ModelSource } from "../io/folder/folder.ts";
import { saveFiles } from "../io/folder/on_disk.ts";
import type { ModelInputs } from "../model/batch/inputs.ts";
import type { NarrowBertConfig } from "../model/config/config.ts";
import type { PrunedHeads } from "../model/config/pruned_heads.ts";
import { ModelCore, type ModelWeights } from "../model/core.ts";
import type { ModelParts } from "../model/head.ts";
import { openModel } from "../model/loading.ts";
import type { LoadOptions, ModelOptions } from "../model/model_options.ts";
import { parameterShapes } from "../model/weights/parameter_shapes.ts";
import { type ModelFile, modelFiles, savedDtypeOf, type SaveOptions } from "../model/weights/saving.ts";
import { type ClassModel, type LessonOptions, type LossCall, lossCallWith } from "./distillation.ts";
import { type GradientOptions, type Gradients, gradientsOf } from "./gradients.ts";
import { loadOpened, makeRandom, type ModelClass } from "./model_class.ts";
import { registeredHead } from "./registry.ts";
import { Trunk } from "./trunk/trunk.ts";

/**
 * A larger model, or one with more full layers, from whose results a model learns beside its labels, or in place of them.
 *
 * The loss is `(1 - weight) * labels + weight * soft + states * difference`: the loss of the labels, the mean distance of
 * the rows' logits from the teacher's, and the mean squared difference of the rows' last states. The distance is
 * `T^2 * KL(softmax(teacher / T) || softmax(student / T))` at temperature T, as in DistilBERT; for regression and for
 * several labels at once it is the mean squared difference.
 *
 * The teacher computes the rows that the student learns from, without dropout and `head_mask`, in the same program. Its
 * weights do not change, and they may be f16.
 *
 * @example
 * ```ts
 * import { AdamW, NarrowBertForMaskedLM as MaskedLM } from "@narrowbert/webgpu";
 *
 * async function distil(folder: string, batch: { input_ids: number[][]; labels: number[][] }) {
 *   using teacher = await MaskedLM.from_pretrained(folder); // an ordinary BERT
 *   using student = await MaskedLM.from_pretrained(folder, { config: { full_length_layers: 3 } });
 *   using optimizer = new AdamW(student, { lr: 5e-5 });
 *   return await optimizer.step(batch, { teacher: { model: teacher, temperature: 2, weight: 0.5 } });
 * }
 * ```
 */
export interface Teacher extends LessonOptions {
  /** A model of the same class, tokenizer and labels, on the same device. */
  model: PreTrainedModel;
}

/** An option of calls whose loss is learned from. */
export interface TeacherOption {
  /** The loss is also that of the distance from this teacher; with weight 1, labels may be left out. */
  teacher?: Teacher | undefined;
}

/** Set once the class is defined: only it sees its weights, and which are its own. */
let liveCore: (model: PreTrainedModel) => ModelCore;
let ownParts: (model: PreTrainedModel) => ModelParts;

/** The core of a model. @throws {Error} If the model was disposed of. */
export function coreOf(model: PreTrainedModel): ModelCore {
  return liveCore(model);
}

/** The call of a model that computes its loss. @throws {Error} As {@linkcode lossCallWith}. */
export function lossCallOf(
  model: PreTrainedModel,
  call: { inputs: ModelInputs; purpose: string } & TeacherOption,
): LossCall {
  return lossCallWith(classModel(model) as ClassModel, { ...call, classModel });
}

function classModel(model: unknown): ClassModel | null {
  if (!(model instanceof PreTrainedModel)) return null;
  const { head, name } = model.constructor as unknown as ModelClass<PreTrainedModel>;
  return { core: coreOf(model), head, name };
}

/** The shapes of a model's tensors by checkpoint name, those of other models' heads on its weights left out. */
export function shapesOf(model: PreTrainedModel): Map<string, readonly number[]> {
  return parameterShapes(coreOf(model).config, ownParts(model));
}

/**
 * What {@linkcode PreTrainedModel.save_pretrained} writes: the weights, then the config. @throws As that does.
 *
 * @param further Weights that the model does without, by checkpoint name, which are saved with its own.
 */
export async function savedFilesOf(
  model: PreTrainedModel,
  options: SaveOptions,
  further: ReadonlyMap<string, Tensor> = new Map(),
): Promise<ModelFile[]> {
  const dtype = savedDtypeOf(options);
  const { config, tensors: own } = await coreOf(model).readWeights(ownParts(model));
  return modelFiles({ config, className: model.constructor.name, tensors: new Map([...own, ...further]), dtype });
}

/** What {@linkcode PreTrainedModel.load_state_dict} finds wrong with weights. @throws {Error} If the model was disposed of. */
export function weightProblems(model: PreTrainedModel, weights: ReadonlyMap<string, Tensor>): string[] {
  return stateDictProblems(weights, new Map([...shapesOf(model)].map(([name, dims]) => [name, { dims }])));
}

/**
 * A model on the GPU: the base of all model classes. Load one by the class that fits the task, as
 * {@linkcode NarrowBertForMaskedLM}; `dispose()` or `using` frees its GPU memory.
 */
export abstract class PreTrainedModel {
  readonly #core: ModelCore;
  readonly #trunk: Trunk;
  #disposed = false;

  static {
    liveCore = (model) => model.#live();
    ownParts = (model) => model.#parts;
  }

  /**
   * A model on weights that are loaded. `from_pretrained`, `from_config` and `share` call it.
   *
   * @param weights The weights, which the model keeps until it is disposed of.
   * @throws {TypeError} If they are something else.
   * @throws {DeviceLostError} If their device is lost.
   */
  constructor(weights: ModelWeights) {
    this.#core = ModelCore.of(weights, new.target.name);
    this.#core.retain();
    this.#trunk = new Trunk(weights);
  }

  /**
   * Loads a model from a local folder, the Hugging Face Hub, the URL of a folder, or files in memory.
   *
   * @param where It must hold `config.json` and weights: safetensors or, if there are none, those of PyTorch.
   * @throws {CheckpointError} If files are missing or the weights do not fit; everything wrong is listed.
   * @throws {ConfigError} If the config is not valid.
   * @throws {NoAdapterError} If there is no GPU.
   * @throws {DeviceLostError} If the device is lost.
   */
  static async from_pretrained<M extends PreTrainedModel>(
    this: ModelClass<M>,
    where: ModelSource,
    options: LoadOptions = {},
  ): Promise<M> {
    return await loadOpened(this, await openModel(where, options), options);
  }

  /**
   * A model with random weights: normal with deviation `initializer_range`, biases 0, LayerNorm weights 1.
   *
   * @param options `seed`, a whole number from 0, decides the weights on every machine. Default 0.
   * @throws {NoAdapterError} If there is no GPU.
   * @throws {DeviceLostError} If the device is lost.
   * @throws {RangeError} If the device cannot hold a weight, or the seed is no such number.
   */
  static async from_config<M extends PreTrainedModel>(
    this: ModelClass<M>,
    config: NarrowBertConfig,
    options: ModelOptions & { seed?: number } = {},
  ): Promise<M> {
    return await makeRandom(this, config, options);
  }

  /**
   * A model of this class on the weights of another model. Both share them: the last to be disposed of frees them.
   *
   * @throws {TypeError} If the other model was loaded without this class's head.
   */
  static share<M extends PreTrainedModel>(this: ModelClass<M>, other: PreTrainedModel): M {
    const core = coreOf(other);
    if (this.head.name !== "none" && !core.heads.some((head) => head === this.head)) {
      const [own, found] = [this.head.name, core.heads.map(({ name }) => name).join(", ")];
      throw new TypeError(
        `Cannot make a ${this.name} on the weights of a ${other.constructor.name}: they must include the ${own} head, ` +
          `got ${found}; load the ${this.name} first, and share that one`,
      );
    }
    return new this(core);
  }

  /** The weights as a trunk, which answers several kinds of questions about texts in one pass. */
  get trunk(): Trunk {
    this.#live();
    return this.#trunk;
  }

  /** The model's configuration. */
  get config(): NarrowBertConfig {
    return this.#core.config;
  }

  /** Whether the model has a pooler. */
  get pooler(): boolean {
    return this.#core.pooler;
  }

  /** GPU bytes of the weights; every model that shares them counts them. */
  get weightBytes(): number {
    return this.#core.weightBytes;
  }

  /** GPU bytes of the activations, at the largest sizes so far. */
  get activationBytes(): number {
    return this.#core.activationBytes;
  }

  /** The weights by checkpoint name, read back from the GPU: float32, linear weights `[out, in]`. */
  async state_dict(): Promise<Map<string, Tensor>> {
    return (await this.#live().readWeights(this.#parts)).tensors;
  }

  /**
   * Puts other weights in the place of the model's, bit by bit, after the calls under way; later calls wait for it. Models
   * that share the weights have them too. The moments of an optimizer stay as they are; await its steps before.
   *
   * @param weights All weights by checkpoint name, as `state_dict` gives them. They must not change until the promise
   *   settles.
   * @throws {TypeError} If they are no map.
   * @throws {CheckpointError} If weights are missing, without a use, mis-shaped or not finite; everything wrong is listed.
   * @throws {RangeError} If the model's weights are f16, and one is beyond that.
   */
  async load_state_dict(weights: ReadonlyMap<string, Tensor>): Promise<void> {
    const action = "load these weights";
    const core = this.#live();
    expectMap(action, weights);
    refuseProblems(action, weightProblems(this, weights));
    await core.writeWeights(this.#parts, { get: (name) => (weights.get(name) as Tensor).data as Float32Array });
  }

  /**
   * The loss of a batch, and its gradients by all weights. Nothing is updated.
   *
   * @param inputs As for the class's `forward`, with `labels`.
   * @param options `teacher`: a model from which the loss is the distance too.
   * @throws {TypeError} If the class has no loss, the weights are f16, or the teacher or an option does not fit.
   * @throws {InputError} If labels are missing, or an input does not fit the model.
   */
  async gradients(
    inputs: ModelInputs,
    { teacher, ...options }: GradientOptions & TeacherOption = {},
  ): Promise<Gradients> {
    const core = this.#live();
    const call = lossCallOf(this, { inputs, purpose: "compute gradients", teacher });
    return await gradientsOf(core, { call, parts: this.#parts, options });
  }

  /**
   * Writes `config.json` and `model.safetensors` into a local folder, which is made if it does not exist: in the published
   * key layout, or, if the model was loaded from an ordinary BERT and all its layers are full, as a BERT that transformers
   * loads.
   *
   * @param options `dtype`: the element type in the file, to which weights are rounded. Default: `F32`, which keeps all
   *   bits.
   * @throws {RangeError} If there is no such type, or a weight is beyond its range.
   */
  async save_pretrained(folder: string | URL, options: SaveOptions = {}): Promise<void> {
    await saveFiles(folder, await savedFilesOf(this, options));
  }

  /**
   * Removes attention heads for good, from the next call on, of models that share the weights too. Await steps before.
   *
   * @param heads Heads by layer. Layers count full and narrow ones together; heads are numbered as before any pruning.
   * @throws {ConfigError} If a layer or head does not exist, or a layer would lose all heads.
   */
  prune_heads(heads: PrunedHeads): void {
    this.#live().prune(heads);
  }

  /** Frees the model's GPU memory, after the calls under way, unless other models share it; the device stays. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#core.release();
  }

  /** {@linkcode dispose}, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** {@linkcode dispose}, for `await using`; it waits for nothing. */
  [Symbol.asyncDispose](): Promise<void> {
    this.dispose();
    return Promise.resolve();
  }

  get #parts(): ModelParts {
    const { head } = this.constructor as unknown as ModelClass<this>;
    return { heads: [registeredHead(head)], pooler: this.#core.pooler };
  }

  #live(): ModelCore {
    if (this.#disposed) throw new DisposedError(`Cannot use this ${this.constructor.name}: it was disposed`);
    return this.#core;
  }
}
