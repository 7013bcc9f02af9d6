/** What all model classes share: loading, random weights, running, saving, pruning, giving memory back. */

import { InputError } from "../base/errors.ts";
import type { Tensor } from "../base/tensor.ts";
import { warn } from "../base/warn.ts";
import type { RunOutput } from "../graph/program/outputs.ts";
import type { Batch } from "../model/batch/inputs.ts";
import { type LeadingNames, type ModelInputs, readInputs } from "../model/batch/inputs.ts";
import { raggedOf } from "../model/batch/padded.ts";
import type { RowRule } from "../model/batch/ragged.ts";
import { Unpacker } from "../model/batch/unpacking.ts";
import { commonOutputs } from "../model/common_outputs.ts";
import type { NarrowBertConfig } from "../model/config/config.ts";
import type { ModelCore } from "../model/core.ts";
import type { CommonOutputs, ForwardOptions } from "../model/forward_options.ts";
import { hasPooler, type Head, type ModelParts } from "../model/head.ts";
import { loadCore, type ModelSource, randomCore } from "../model/loading.ts";
import type { LoadOptions, ModelOptions } from "../model/model_options.ts";
import type { HeadInputs } from "../model/stage.ts";
import { saveModel } from "../model/weights/saving.ts";
import { HEADS } from "./registry.ts";
import { Trunk } from "./trunk/trunk.ts";

/** A class of models, as its static methods see it. */
export interface ModelClass<M> {
  new (core: ModelCore): M;
  readonly head: Head;
}

/** One call's results. */
export interface ModelResult {
  /** The stage's outputs as they come from the GPU. */
  outputs: Map<string, RunOutput>;
  unpacker: Unpacker;
  common: CommonOutputs;
}

/** A model on the GPU. */
export abstract class PreTrainedModel {
  readonly #core: ModelCore;
  readonly #trunk: Trunk;
  #warnedOrdinary = false;
  #disposed = false;

  /** @param core The weights, which the model keeps until it is disposed. */
  constructor(core: ModelCore) {
    this.#core = core;
    core.retain();
    this.#trunk = new Trunk(core);
  }

  /**
   * Loads a model from a local folder, the URL of a folder, or files in memory.
   *
   * @param where Path, URL, or a map from file names to bytes; it must hold `config.json` and safetensors weights.
   * @throws {CheckpointError} If files are missing or the weights do not fit; everything wrong is listed.
   * @throws {ConfigError} If the config is not valid.
   * @throws {NoAdapterError} If there is no GPU.
   */
  static async from_pretrained<M extends PreTrainedModel>(
    this: ModelClass<M>,
    where: ModelSource,
    options: LoadOptions = {},
  ): Promise<M> {
    return new this(await loadCore(where, { ...partsOf(this, options), known: HEADS }, options));
  }

  /**
   * A model with random weights: normal with deviation `initializer_range`, biases 0, LayerNorms the identity.
   *
   * @param options `seed` decides the weights, whatever the machine.
   */
  static async from_config<M extends PreTrainedModel>(
    this: ModelClass<M>,
    config: NarrowBertConfig,
    options: ModelOptions & { seed?: number } = {},
  ): Promise<M> {
    return new this(await randomCore(config, partsOf(this, options), options));
  }

  /**
   * A model of this class on the weights of another model, which both then share: the last to be disposed frees them.
   *
   * @throws {TypeError} If the other model was loaded without what this class needs.
   */
  static share<M extends PreTrainedModel>(this: ModelClass<M>, other: PreTrainedModel): M {
    const core = other.#live();
    const missing = this.head.name !== "none" && !core.heads.includes(this.head);
    if (missing) {
      throw new TypeError(
        `Cannot make a ${this.name} on the weights of a ${other.constructor.name}: they must include the ` +
          `${this.head.name} head, got ${
            core.heads.map(({ name }) => name).join(", ")
          }; load the ${this.name} first, ` +
          "and share that one",
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

  /** GPU bytes of the weights, which models that share them count too. */
  get weightBytes(): number {
    return this.#core.weightBytes;
  }

  /** GPU bytes of the buffers that calls work in, at the largest sizes so far. */
  get activationBytes(): number {
    return this.#core.activationBytes;
  }

  /** The weights by checkpoint name, read back from the GPU. */
  async state_dict(): Promise<Map<string, Tensor>> {
    return (await this.#live().readWeights(this.#parts)).tensors;
  }

  /** Writes `config.json` and `model.safetensors` (F32, the published key layout) into a folder, made where missing. */
  async save_pretrained(folder: string | URL): Promise<void> {
    const { config, tensors } = await this.#live().readWeights(this.#parts);
    await saveModel(folder, { config, className: this.constructor.name, tensors });
  }

  /**
   * Removes attention heads for good, from the next call on; models that share the weights lose them too.
   *
   * @param heads Heads by layer; layers count through full and narrow, heads are numbered as before any pruning.
   * @throws {ConfigError} If a layer or head does not exist, or a layer would lose all heads.
   */
  prune_heads(heads: Readonly<Record<number, readonly number[]>>): void {
    this.#live().prune(heads);
  }

  /** Gives the model's GPU memory back, after the calls under way; the device stays. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#core.release();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.dispose();
    return Promise.resolve();
  }

  /** Checks inputs of shape `[B, L]`, or `[B, choices, L]`, against the config. */
  protected readInputs(inputs: ModelInputs, leading?: LeadingNames): Batch {
    return readInputs(inputs, this.config, leading);
  }

  /** Packs and runs a padded batch. */
  protected async run(batch: Batch, rule: RowRule, call: HeadInputs, options: ForwardOptions): Promise<ModelResult> {
    const core = this.#live();
    if (rule === "ordinary") this.#warnOrdinary();
    if (rule === "first" && batch.length === 0 && batch.sequences > 0) {
      throw new InputError("Cannot run the model: every sequence needs a token at position 0, got empty sequences");
    }
    const { config } = core;
    const result = await core.use((runner) =>
      runner.run({
        ragged: raggedOf(batch, rule, config.hidden_size),
        ordinary: rule === "ordinary",
        headMask: batch.headMask,
        stages: [{ ...call, rows: null, prefix: "" }],
        options,
      })
    );
    const unpacker = new Unpacker(batch, result);
    const common = commonOutputs(result, unpacker, { rule, config, options });
    return { outputs: result.outputs, unpacker, common };
  }

  get #parts(): ModelParts {
    const { head } = this.constructor as unknown as ModelClass<this>;
    return { heads: [head], pooler: this.#core.pooler };
  }

  /** Says once that narrow layers run as ordinary ones, which is not what a NarrowBERT learned. */
  #warnOrdinary(): void {
    const { full_length_layers: full, num_hidden_layers: layers } = this.config;
    if (full === layers || this.#warnedOrdinary) return;
    this.#warnedOrdinary = true;
    warn(
      `no narrow_mask was given, so all ${layers} layers run over all tokens as in an ordinary BERT; a model trained ` +
        `with ${full} full layers computes something else than it learned. ` +
        "Pass narrow_mask (for all rows, attention_mask)",
    );
  }

  #live(): ModelCore {
    if (this.#disposed) throw new Error(`Cannot use this ${this.constructor.name}: it was disposed`);
    return this.#core;
  }
}

function partsOf({ head }: { readonly head: Head }, options: ModelOptions): ModelParts {
  return { heads: [head], pooler: hasPooler(head, options) };
}
