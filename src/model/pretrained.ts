/** What all model classes share: loading, random weights, running, saving, pruning, giving memory back. */

import { Tensor } from "../base/tensor.ts";
import { warn } from "../base/warn.ts";
import { type Gpu, requestGpu } from "../gpu/device.ts";
import { openCheckpoint } from "../io/checkpoint.ts";
import { openFolder, type OpenFolderOptions } from "../io/folder.ts";
import { ParameterSet, type WeightSource } from "../nn/parameters.ts";
import { Body } from "./body.ts";
import { NarrowBertConfig } from "./config.ts";
import type { Head } from "./config_heads.ts";
import type { Batch } from "./inputs.ts";
import { type ModelInputs, readInputs } from "./inputs.ts";
import type { RowRule } from "./packing.ts";
import { prunedConfig, prunedWeights } from "./pruning.ts";
import { randomWeights } from "./random_weights.ts";
import { type ForwardOptions, type HeadCall, Runner, type RunResult } from "./runner.ts";
import { saveModel } from "./saving.ts";
import { parameterShapes } from "./weight_names.ts";
import { resolveWeights } from "./weights.ts";

/** Options that say where and how a model computes. */
export interface DeviceOptions {
  /** A GPU device of the caller's own; it is never destroyed. */
  device?: GPUDevice;
  /** A base model without its pooler computes the rows of `narrow_mask`, or all tokens. */
  add_pooling_layer?: boolean;
}

/** Options of `from_pretrained`. */
export interface LoadOptions extends DeviceOptions, OpenFolderOptions {
  /** Overrides of keys of config.json, such as `problem_type`. */
  config?: Readonly<Record<string, unknown>>;
  /** Makes weights that the model has no use for an error. */
  strict?: boolean;
  /** Element type to compute in; this version computes in `f32`, which `auto` chooses. */
  dtype?: "f32" | "auto";
}

/** What a model is made of. */
export interface ModelInit {
  gpu: Gpu;
  config: NarrowBertConfig;
  pooler: boolean;
  weights: WeightSource;
  signal?: AbortSignal | undefined;
}

/** A class of models, as its static methods see it. */
export interface ModelClass<M> {
  new (init: ModelInit): M;
  readonly head: Head;
  /** Whether the class has a pooler: always, never, or as `add_pooling_layer` says. */
  readonly pooling: boolean | "optional";
}

/** The parts that exist once the weights are on the GPU; pruning makes them anew. */
interface Assembly<H> {
  parameters: ParameterSet;
  runner: Runner;
  head: H;
}

/** A model on the GPU. `H` is what its class puts on the body. */
export abstract class PreTrainedModel<H> {
  readonly #gpu: Gpu;
  readonly #pooler: boolean;
  #config: NarrowBertConfig;
  #assembly: Assembly<H>;
  readonly #running = new Set<Promise<unknown>>();
  #settled: Promise<void> = Promise.resolve();
  #disposed = false;

  constructor({ gpu, config, pooler, weights, signal }: ModelInit) {
    this.#gpu = gpu;
    this.#config = config;
    this.#pooler = pooler;
    this.#assembly = this.#assemble(config, weights, signal);
  }

  /**
   * Loads a model from a local folder, the URL of a folder, or files in memory.
   *
   * @param where Path, URL, or a map from file names to bytes; it must hold `config.json` and safetensors weights.
   * @throws {CheckpointError} If files are missing or the weights do not fit; everything wrong is listed.
   * @throws {ConfigError} If the config is not valid.
   * @throws {NoAdapterError} If there is no GPU.
   */
  static async from_pretrained<M>(
    this: ModelClass<M>,
    where: string | URL | ReadonlyMap<string, Uint8Array>,
    options: LoadOptions = {},
  ): Promise<M> {
    checkDtype(options.dtype);
    const { signal } = options;
    const folder = await openFolder(where, options);
    const config = await NarrowBertConfig.read(folder, { overrides: options.config ?? {} });
    const checkpoint = await openCheckpoint(folder, { signal });
    const pooler = poolerOf(this, options);
    const { head } = this;
    const weights = resolveWeights(checkpoint, config, { head, pooler, strict: options.strict ?? false });
    for (const name of weights.names) weights.get(name); // Finds non-finite weights before GPU memory is touched.
    for (const warning of weights.warnings) warn(warning);
    const gpu = await openDevice(options);
    return new this({ gpu, config: weights.config, pooler, weights, signal });
  }

  /**
   * A model with random weights: normal with deviation `initializer_range`, biases 0, LayerNorms the identity.
   *
   * @param options `seed` decides the weights, whatever the machine.
   */
  static async from_config<M>(
    this: ModelClass<M>,
    config: NarrowBertConfig,
    options: DeviceOptions & { seed?: number } = {},
  ): Promise<M> {
    const pooler = poolerOf(this, options);
    const shapes = parameterShapes(config, { head: this.head, pooler });
    const weights = randomWeights(config, shapes, options.seed ?? 0);
    return new this({ gpu: await openDevice(options), config, pooler, weights });
  }

  /** The model's configuration. */
  get config(): NarrowBertConfig {
    return this.#config;
  }

  /** Whether the model has a pooler. */
  get pooler(): boolean {
    return this.#pooler;
  }

  /** GPU bytes of the weights. */
  get weightBytes(): number {
    return this.#assembly.parameters.bytes;
  }

  /** The weights by checkpoint name, read back from the GPU. */
  async state_dict(): Promise<Map<string, Tensor>> {
    await this.#settle();
    const tensors = await this.#assembly.parameters.read();
    const names = parameterShapes(this.#config, { head: this.#class.head, pooler: this.#pooler }).keys();
    return new Map([...names].map((name) => {
      const { shape, data } = tensors.get(name) as { shape: readonly number[]; data: Float32Array };
      return [name, new Tensor("float32", data, shape)];
    }));
  }

  /** Writes `config.json` and `model.safetensors` (F32, the published key layout) into a folder, made where missing. */
  async save_pretrained(folder: string | URL): Promise<void> {
    const tensors = await this.state_dict();
    await saveModel(folder, { config: this.#config, className: this.constructor.name, tensors });
  }

  /**
   * Removes attention heads for good, from the next call on.
   *
   * @param heads Heads by layer; layers count through full and narrow, heads are numbered as before any pruning.
   * @throws {ConfigError} If a layer or head does not exist, or a layer would lose all heads.
   */
  prune_heads(heads: Readonly<Record<number, readonly number[]>>): void {
    this.#checkLive();
    const before = this.#config;
    const after = prunedConfig(before, heads);
    this.#config = after;
    const previous = this.#settled;
    this.#settled = (async () => {
      await previous;
      await Promise.allSettled(this.#running);
      const old = this.#assembly;
      const weights = prunedWeights(await old.parameters.read(), before, after);
      this.#assembly = this.#assemble(after, weights);
      old.runner.dispose();
      old.parameters.dispose();
    })();
    this.#settled.catch(() => {}); // The next call reports it.
  }

  /** Gives the model's GPU memory back; the device stays. Calls under way may fail. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#assembly.runner.dispose();
    this.#assembly.parameters.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.dispose();
    return Promise.resolve();
  }

  /** Declares what the class puts on the body; called once per assembly, before any weight is loaded. */
  protected abstract declareHead(
    parameters: ParameterSet,
    parts: { body: Body; config: NarrowBertConfig; pooler: boolean },
  ): H;

  /** Checks inputs of shape `[B, L]` against the config. */
  protected readInputs(inputs: ModelInputs): Batch {
    return readInputs(inputs, this.#config);
  }

  /** Packs and runs a batch; `trace` gets the class's head and makes the call of it. */
  protected async run(
    batch: Batch,
    rule: RowRule,
    head: (head: H) => HeadCall,
    options: ForwardOptions,
  ): Promise<RunResult> {
    await this.#settle();
    const { runner, head: modules } = this.#assembly;
    const running = runner.run(batch, rule, head(modules), options);
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  get #class(): ModelClass<this> {
    return this.constructor as unknown as ModelClass<this>;
  }

  #assemble(config: NarrowBertConfig, weights: WeightSource, signal?: AbortSignal): Assembly<H> {
    const parameters = new ParameterSet();
    const body = new Body(parameters, config);
    const head = this.declareHead(parameters, { body, config, pooler: this.#pooler });
    parameters.load(this.#gpu, weights, { signal });
    return { parameters, runner: new Runner(this.#gpu, body, config), head };
  }

  async #settle(): Promise<void> {
    this.#checkLive();
    await this.#settled;
    this.#checkLive();
  }

  #checkLive(): void {
    if (this.#disposed) throw new Error(`Cannot use this ${this.constructor.name}: it was disposed`);
  }
}

function poolerOf({ pooling }: { pooling: boolean | "optional" }, { add_pooling_layer }: DeviceOptions): boolean {
  return pooling === "optional" ? add_pooling_layer ?? true : pooling;
}

function openDevice({ device }: DeviceOptions): Promise<Gpu> {
  return requestGpu(device === undefined ? {} : { device });
}

function checkDtype(dtype: string = "auto"): void {
  if (dtype !== "f32" && dtype !== "auto") {
    throw new RangeError(`Cannot load a model with dtype "${dtype}": this version computes in "f32" ("auto")`);
  }
}
