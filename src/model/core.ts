/** A model on the GPU: its weights, programs and heads, shared by all who use it and counted by their number. */

import { Lease } from "../base/lease.ts";
import { kindOf } from "../base/messages.ts";
import { Tensor } from "../base/tensor.ts";
import { spanned } from "../base/spans/spans.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Latency } from "../gpu/readback.ts";
import type { ElementSource, ParameterSet } from "../nn/parameters.ts";
import type { GatheredTensor } from "../nn/layout/placement.ts";
import { eachTensor, readTensors } from "../nn/layout/reading.ts";
import { sliceBytes } from "../nn/layout/slices.ts";
import type { WeightDtype } from "../nn/layout/upload.ts";
import type { NarrowBertConfig } from "./config/config.ts";
import { ContextPool, MAX_CONTEXT_BYTES } from "./contexts/context_pool.ts";
import type { DeviceChoice } from "./device_options.ts";
import type { Head, ModelParts } from "./head.ts";
import type { Learning } from "./learning.ts";
import { probe, type ProbeCall } from "./probe/probe.ts";
import { Runner } from "./runner.ts";
import { declareModel, parameterShapes } from "./weights/parameter_shapes.ts";
import { prunedConfig, prunedWeights } from "./weights/pruning.ts";

/**
 * The weights of a model on the GPU, as `from_pretrained` and `from_config` put them there. Models, trunks and
 * pipelines may share them.
 */
export interface ModelWeights {
  /** The model's configuration. */
  readonly config: NarrowBertConfig;
  /** Whether the model has a pooler. */
  readonly pooler: boolean;
  /** GPU bytes of the weights. */
  readonly weightBytes: number;
}

/** What decides which weights a model has, and where. */
interface CoreShape extends DeviceChoice, ModelParts {
  config: NarrowBertConfig;
  /** Most bytes of the contexts that are kept of its texts. */
  maxContextBytes?: number | undefined;
}

/** The parts of a model that is loaded. */
export interface CoreInit extends CoreShape {
  weights: ElementSource;
  signal?: AbortSignal | undefined;
  /** What the device is probed by, on these weights. Default: nothing. */
  probes?: readonly ProbeCall[];
}

/** The parts that exist once the weights are on the GPU; pruning makes them anew. */
interface LoadedModel {
  config: NarrowBertConfig;
  parameters: readonly ParameterSet[];
  layers: ReadonlyMap<string, unknown>;
  runner: Runner;
  newRunner(latency: Latency): Runner;
}

/** A model that several classes, pipelines and trunks may share: the last owner to release it frees its memory. */
export class ModelCore implements ModelWeights {
  /** The heads whose weights are there. */
  readonly heads: readonly Head[];
  readonly pooler: boolean;
  /** Element type of the weights of products and of the word embeddings. */
  readonly dtype: WeightDtype;
  readonly gpu: Gpu;
  /** The contexts that are kept of the model's texts. */
  readonly contexts: ContextPool;
  readonly #latency: Latency;
  #config: NarrowBertConfig;
  #loaded: LoadedModel;
  #owners = 0;
  /** Held by every work that needs the weights, from its call on. */
  readonly #lease = new Lease("Cannot use this model: it was disposed", () => {
    this.contexts.dispose();
    freeModel(this.#loaded);
  });
  /** Settles when the last change of the weights is done; later work waits for it. */
  #changed: Promise<void> = Promise.resolve();

  private constructor(
    { gpu, config, heads, pooler, dtype, latency, maxContextBytes = MAX_CONTEXT_BYTES }: CoreShape,
    loaded: LoadedModel,
  ) {
    this.gpu = gpu;
    this.dtype = dtype;
    this.contexts = new ContextPool(gpu, maxContextBytes);
    this.#latency = latency;
    this.#config = config;
    this.heads = heads;
    this.pooler = pooler;
    this.#loaded = loaded;
  }

  /**
   * Uploads a model's weights and waits for the device's errors of memory; on an error none of it stays allocated.
   *
   * @throws {ProbeError} If the device is probed, and computes something else.
   */
  static async create({ weights, signal, probes = [], ...shape }: CoreInit): Promise<ModelCore> {
    const loaded = await loadModel(shape, weights, signal);
    const runner = loaded.newRunner("low"); // nobody asks for its programs again
    try {
      await probe({ ...shape, weights, runner }, probes, signal);
    } catch (error) {
      freeModel(loaded);
      throw error;
    } finally {
      runner.dispose();
    }
    return new ModelCore(shape, loaded);
  }

  get config(): NarrowBertConfig {
    return this.#config;
  }

  get weightBytes(): number {
    return this.#loaded.parameters.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /**
   * The core behind the weights that a constructor is given.
   *
   * @param name The class that is constructed, for the message.
   * @throws {TypeError} If they are not weights that this library has loaded.
   * @throws {DeviceLostError} If their device is lost.
   */
  static of(weights: ModelWeights, name: string): ModelCore {
    if (!(weights instanceof ModelCore)) {
      throw new TypeError(
        `Cannot make a ${name}: weights must be those of a loaded model, got ${kindOf(weights)}; use from_pretrained ` +
          "or from_config",
      );
    }
    weights.gpu.checkLost();
    return weights;
  }

  /** GPU bytes of the activations, at the largest sizes so far. */
  get activationBytes(): number {
    return this.#loaded.runner.bytes;
  }

  /** Gives back the memory of the programs that compute a learning, which nobody asks for again. */
  forget(learning: Learning): void {
    this.#loaded.runner.forget(learning);
  }

  /** @throws {Error} If its last owner has released it. */
  check(): void {
    this.#lease.check();
  }

  /** Counts another owner, who must {@linkcode release} the model. */
  retain(): void {
    this.#owners++;
  }

  /** Counts an owner less; after the last one the memory is freed, once the calls under way are done. */
  release(): void {
    if (--this.#owners === 0) this.#lease.dispose();
  }

  /** Does work with the programs, which stay on the GPU until the work is done. */
  use<T>(work: (runner: Runner) => Promise<T>): Promise<T> {
    return this.#lease.use(async () => {
      await this.#changed;
      return await work(this.#loaded.runner);
    });
  }

  /** Does work with the programs of this model and of another, which both stay on the GPU until the work is done. */
  useWith<T>(other: ModelCore, work: (runner: Runner, other: Runner) => Promise<T>): Promise<T> {
    return this.#lease.use(() =>
      other.#lease.use(async () => {
        // Both at once: a change that is asked for later waits for this work, which must not wait for it.
        await Promise.all([this.#changed, other.#changed]);
        return await work(this.#loaded.runner, other.#loaded.runner);
      })
    );
  }

  /**
   * The weights of the body and of some heads by checkpoint name, read back from the GPU, with the config that they
   * fit.
   */
  readWeights(parts: ModelParts): Promise<{ config: NarrowBertConfig; tensors: Map<string, Tensor> }> {
    return this.#lease.use(async () => {
      await this.#changed;
      const { config } = this.#loaded;
      const all = await this.#read(this.#loaded);
      const names = parameterShapes(config, parts).keys();
      const tensors = new Map([...names].map((name) => {
        const { shape, data } = all.get(name) as GatheredTensor;
        return [name, new Tensor("float32", data, shape)];
      }));
      return { config, tensors };
    });
  }

  /** Reads weights back one after the other, in any order, in little more memory than the largest takes. */
  eachWeight(names: Iterable<string>, visit: (name: string, weight: GatheredTensor) => Promise<void>): Promise<void> {
    const wanted = new Set(names);
    return this.#lease.use(async () => {
      await this.#changed;
      const matrices = this.#loaded.parameters.flatMap(({ all }) => all);
      const read = matrices.filter(({ parts }) => parts.some(({ name }) => wanted.has(name)));
      for await (const [name, weight] of eachTensor(this.gpu, read)) if (wanted.has(name)) await visit(name, weight);
    });
  }

  /**
   * Writes over the weights of the body and of some heads, after the calls under way; later ones wait for it.
   *
   * @throws {RangeError} If one is beyond 16 bits, and is kept in them: then nothing has changed.
   * @throws {DeviceLostError} If the device is lost before all are written.
   */
  writeWeights(parts: ModelParts, weights: { get(name: string): Float32Array }): Promise<void> {
    // Their names are those of the model after a pruning under way, too.
    for (const set of this.#setsOf(parts)) set.checkHalves(weights);
    const [earlier, before] = [this.#lease.idle(), this.#changed];
    const writing = this.#lease.use(async () => {
      await earlier;
      await before;
      for (const set of this.#setsOf(parts)) set.write(weights);
      await this.gpu.confirm();
    });
    this.#changed = writing;
    writing.catch(() => {}); // Later work reports it, as weights may be half written.
    return writing;
  }

  /**
   * Removes attention heads for good, from the next call on.
   *
   * @throws {ConfigError} If a layer or head does not exist, or a layer would lose all heads.
   */
  prune(heads: Readonly<Record<number, readonly number[]>>): void {
    const after = prunedConfig(this.#config, heads);
    this.#config = after;
    const earlier = this.#lease.idle();
    const pruning = this.#lease.use(async () => {
      await earlier;
      const old = this.#loaded;
      const weights = prunedWeights(await this.#read(old), old.config, after);
      const { gpu, dtype, heads, pooler } = this;
      this.#loaded = await loadModel({ config: after, gpu, dtype, heads, pooler, latency: this.#latency }, weights);
      freeModel(old);
    });
    this.#changed = pruning;
    pruning.catch(() => {}); // Later work reports it.
  }

  /** The parameters of the body and of some heads. A head has all of a set or nothing. */
  #setsOf(parts: ModelParts): ParameterSet[] {
    const { config, parameters } = this.#loaded;
    const names = new Set(parameterShapes(config, parts).keys());
    return parameters.filter((set) => [...set.shapes()].some(([name]) => names.has(name)));
  }

  #read({ parameters }: LoadedModel): Promise<Map<string, GatheredTensor>> {
    return readTensors(this.gpu, parameters.flatMap(({ all }) => all));
  }
}

/** Puts a model's weights on the GPU; on an error none stays there. */
async function loadModel(shape: CoreShape, weights: ElementSource, signal?: AbortSignal): Promise<LoadedModel> {
  const { gpu, config, dtype, latency } = shape;
  const { body, layers, all } = declareModel(config, shape, { dtype, largest: sliceBytes(gpu) });
  const loaded: ParameterSet[] = [];
  try {
    for (const parameters of all) parameters.checkFits(gpu);
    await spanned("process", "weights", async () => {
      for (const parameters of all) {
        await parameters.load(gpu, weights, { signal });
        loaded.push(parameters);
      }
      await gpu.confirm();
    });
  } catch (error) {
    for (const parameters of loaded) parameters.dispose();
    throw error;
  }
  const layerOf = ({ name }: Head) => layers.get(name);
  const parameters = loaded.flatMap(({ all }) => all);
  const newRunner = (latency: Latency) => new Runner(gpu, body, { config, layerOf, parameters, latency });
  return { config, parameters: all, layers, runner: newRunner(latency), newRunner };
}

function freeModel({ runner, parameters }: LoadedModel): void {
  runner.dispose();
  for (const set of parameters) set.dispose();
}
