/** What all model classes share: loading, random weights, running, saving, pruning, giving memory back. */

import { Tensor } from "../base/tensor.ts";
import { checkOptionNames } from "../base/options.ts";
import { warn } from "../base/warn.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Latency } from "../gpu/readback.ts";
import { openCheckpoint } from "../io/checkpoint/checkpoint.ts";
import { openFolder } from "../io/folder/folder.ts";
import { type ElementSource, ParameterSet } from "../nn/parameters.ts";
import type { WeightDtype } from "../nn/upload.ts";
import { Body } from "./body.ts";
import { checkDeviceOptions, type DeviceChoice, openDevice } from "./device_options.ts";
import { NarrowBertConfig } from "./config/config.ts";
import type { Head } from "./config/heads.ts";
import { type Batch, type LeadingNames, type ModelInputs, readInputs } from "./batch/inputs.ts";
import type { RowRule } from "./batch/packing.ts";
import { LOAD_OPTIONS, type LoadOptions, MODEL_OPTIONS, type ModelOptions, poolerOf } from "./model_options.ts";
import { prunedConfig, prunedWeights } from "./weights/pruning.ts";
import { randomWeights } from "./weights/random_weights.ts";
import { type ForwardOptions, type HeadCall, Runner, type RunResult } from "./runner.ts";
import { saveModel } from "./weights/saving.ts";
import { parameterShapes } from "./weights/published_names.ts";
import { checkValues, resolveWeights } from "./weights/weights.ts";

/** What a model is made of. */
export interface ModelInit extends DeviceChoice {
  config: NarrowBertConfig;
  pooler: boolean;
  weights: ElementSource;
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
interface LoadedModel<H> {
  config: NarrowBertConfig;
  parameters: ParameterSet;
  runner: Runner;
  head: H;
}

/** A model on the GPU. `H` is what its class puts on the body. */
export abstract class PreTrainedModel<H> {
  readonly #gpu: Gpu;
  readonly #pooler: boolean;
  readonly #dtype: WeightDtype;
  readonly #latency: Latency;
  #config: NarrowBertConfig;
  #assembly: LoadedModel<H>;
  /** Work that needs the assembly, from the moment it is asked for. */
  readonly #running = new Set<Promise<unknown>>();
  /** Settles when the last pruning is through; work asked for later waits for it. */
  #pruned: Promise<void> = Promise.resolve();
  #warnedOrdinary = false;
  #disposed = false;

  constructor({ gpu, config, pooler, weights, dtype, latency, signal }: ModelInit) {
    this.#gpu = gpu;
    this.#dtype = dtype;
    this.#latency = latency;
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
  static async from_pretrained<M extends { dispose(): void }>(
    this: ModelClass<M>,
    where: string | URL | ReadonlyMap<string, Uint8Array>,
    options: LoadOptions = {},
  ): Promise<M> {
    checkOptionNames("load a model", options, LOAD_OPTIONS);
    const { signal } = options;
    checkDeviceOptions(options);
    const folder = await openFolder(where, options);
    const config = await NarrowBertConfig.read(folder, { overrides: options.config ?? {} });
    const checkpoint = await openCheckpoint(folder, { signal });
    const pooler = poolerOf(this, options);
    const { head } = this;
    const weights = resolveWeights(checkpoint, config, { head, pooler, strict: options.strict ?? false });
    await checkValues(weights, signal);
    for (const warning of weights.warnings) warn(warning);
    const device = await openDevice(options);
    return await makeModel(this, { ...device, config: weights.config, pooler, weights: { get: weights.open }, signal });
  }

  /**
   * A model with random weights: normal with deviation `initializer_range`, biases 0, LayerNorms the identity.
   *
   * @param options `seed` decides the weights, whatever the machine.
   */
  static async from_config<M extends { dispose(): void }>(
    this: ModelClass<M>,
    config: NarrowBertConfig,
    options: ModelOptions & { seed?: number } = {},
  ): Promise<M> {
    if (!(config instanceof NarrowBertConfig)) {
      throw new TypeError(
        "Cannot make a model: config must be a NarrowBertConfig, made by new NarrowBertConfig({ … })",
      );
    }
    checkOptionNames("make a model", options, [...MODEL_OPTIONS, "seed"]);
    checkDeviceOptions(options);
    const pooler = poolerOf(this, options);
    const settled = config.with({ full_length_layers: config.full_length_layers });
    const shapes = parameterShapes(settled, { head: this.head, pooler });
    const weights = randomWeights(settled, shapes, options.seed ?? 0);
    return await makeModel(this, { ...await openDevice(options), config: settled, pooler, weights });
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

  /** GPU bytes of the buffers that calls work in, at the largest sizes so far. */
  get activationBytes(): number {
    return this.#assembly.runner.bytes;
  }

  /** The weights by checkpoint name, read back from the GPU. */
  state_dict(): Promise<Map<string, Tensor>> {
    return this.#use((assembly) => this.#readState(assembly));
  }

  /** Writes `config.json` and `model.safetensors` (F32, the published key layout) into a folder, made where missing. */
  save_pretrained(folder: string | URL): Promise<void> {
    return this.#use(async (assembly) => {
      const tensors = await this.#readState(assembly);
      await saveModel(folder, { config: assembly.config, className: this.constructor.name, tensors });
    });
  }

  /**
   * Removes attention heads for good, from the next call on.
   *
   * @param heads Heads by layer; layers count through full and narrow, heads are numbered as before any pruning.
   * @throws {ConfigError} If a layer or head does not exist, or a layer would lose all heads.
   */
  prune_heads(heads: Readonly<Record<number, readonly number[]>>): void {
    this.#checkLive();
    const after = prunedConfig(this.#config, heads);
    this.#config = after;
    const earlier = [...this.#running];
    const pruning = (async () => {
      await Promise.allSettled(earlier);
      const old = this.#assembly;
      const weights = prunedWeights(await old.parameters.read(), old.config, after);
      this.#assembly = this.#assemble(after, weights);
      old.runner.dispose();
      old.parameters.dispose();
    })();
    this.#pruned = pruning;
    this.#track(pruning).catch(() => {}); // What is asked for later reports it.
  }

  /** Gives the model's GPU memory back, after the calls under way; the device stays. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    const release = () => {
      this.#assembly.runner.dispose();
      this.#assembly.parameters.dispose();
    };
    if (this.#running.size === 0) release();
    else Promise.allSettled(this.#running).then(release);
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

  /** Checks inputs of shape `[B, L]`, or `[B, choices, L]`, against the config. */
  protected readInputs(inputs: ModelInputs, leading?: LeadingNames): Batch {
    return readInputs(inputs, this.#config, leading);
  }

  /** Packs and runs a batch; `call` makes the class's call of what it put on the body. */
  protected run(
    batch: Batch,
    rule: RowRule,
    call: (head: H) => HeadCall,
    options: ForwardOptions,
  ): Promise<RunResult> {
    if (rule === "ordinary") this.#warnOrdinary();
    return this.#use(({ runner, head }) => runner.run(batch, rule, call(head), options));
  }

  get #class(): ModelClass<this> {
    return this.constructor as unknown as ModelClass<this>;
  }

  #assemble(config: NarrowBertConfig, weights: ElementSource, signal?: AbortSignal): LoadedModel<H> {
    const parameters = new ParameterSet(this.#dtype);
    const body = new Body(parameters, config);
    const head = this.declareHead(parameters, { body, config, pooler: this.#pooler });
    parameters.load(this.#gpu, weights, { signal });
    return { config, parameters, runner: new Runner(this.#gpu, body, { config, latency: this.#latency }), head };
  }

  async #readState({ config, parameters }: LoadedModel<H>): Promise<Map<string, Tensor>> {
    const tensors = await parameters.read();
    const names = parameterShapes(config, { head: this.#class.head, pooler: this.#pooler }).keys();
    return new Map([...names].map((name) => {
      const { shape, data } = tensors.get(name) as { shape: readonly number[]; data: Float32Array };
      return [name, new Tensor("float32", data, shape)];
    }));
  }

  /** Does work on the assembly, which stays on the GPU until the work is through. */
  #use<T>(work: (assembly: LoadedModel<H>) => Promise<T>): Promise<T> {
    return this.#track((async () => {
      this.#checkLive();
      await this.#pruned;
      return await work(this.#assembly);
    })());
  }

  /** Remembers work under way, at once, until it has settled. */
  async #track<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work);
    try {
      return await work;
    } finally {
      this.#running.delete(work);
    }
  }

  /** Says once that narrow layers run as ordinary ones, which is not what a NarrowBERT learned. */
  #warnOrdinary(): void {
    const { full_length_layers: full, num_hidden_layers: layers } = this.#config;
    if (full === layers || this.#warnedOrdinary) return;
    this.#warnedOrdinary = true;
    warn(
      `no narrow_mask was given, so all ${layers} layers run over all tokens as in an ordinary BERT; a model trained ` +
        `with ${full} full layers computes something else than it learned. ` +
        "Pass narrow_mask (for all rows, attention_mask)",
    );
  }

  #checkLive(): void {
    if (this.#disposed) throw new Error(`Cannot use this ${this.constructor.name}: it was disposed`);
  }
}

/** Makes a model and waits for what the device says of its memory; on an error none of it stays. */
async function makeModel<M extends { dispose(): void }>(Class: ModelClass<M>, init: ModelInit): Promise<M> {
  let model: M | null = null;
  try {
    return await init.gpu.scoped("load a model to the GPU", () => model = new Class(init));
  } catch (error) {
    (model as M | null)?.dispose();
    init.gpu.buffers.trim(); // A buffer that does not work must not be lent again.
    throw error;
  }
}
