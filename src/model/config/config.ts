/** The configuration of a NarrowBERT: BERT's keys and `full_length_layers`. */

import { ConfigError } from "../../base/errors.ts";
import { isObject } from "../../base/json.ts";
import { shown } from "../../base/messages.ts";
import { pathIn } from "../../io/folder/path.ts";
import { type ModelFolder, type ModelSource, openFolder, type OpenFolderOptions } from "../../io/folder/folder.ts";
import { readFile } from "../../io/folder/model_folder.ts";
import { saveFiles } from "../../io/folder/on_disk.ts";
import { checkConfig, type CheckedConfig, leavesLayersOpen } from "./checks.ts";
import { type Activation, FIELDS, type ModelType, type PositionType, type ProblemType } from "./fields.ts";
import type { PrunedHeads } from "./pruned_heads.ts";
import { type ConfigSource, override } from "./source.ts";

const FILE = "config.json";

/** Keys that are read, and written by {@linkcode NarrowBertConfig.to_json} in this order. */
const READ_KEYS = [...Object.keys(FIELDS), "id2label", "label2id", "pruned_heads"] as (keyof CheckedConfig)[];

/** Options of {@linkcode NarrowBertConfig.from_pretrained}. */
export interface LoadConfigOptions extends OpenFolderOptions {
  /** Keys that win over the file's. */
  config?: ConfigSource;
}

/**
 * The configuration of a model, checked and immutable. Keys have Hugging Face's names and BERT's defaults; keys that
 * NarrowBERT has no use for are kept and written back.
 *
 * @example
 * ```ts
 * const config = new NarrowBertConfig({ num_hidden_layers: 6, num_labels: 3 });
 * config.full_length_layers; // 2
 * config.with({ full_length_layers: 6 }); // an ordinary BERT of the same size
 * ```
 */
export class NarrowBertConfig {
  /** Whose weights they are; `bert` for ordinary BERTs and for the files of NarrowBERT's authors. */
  declare readonly model_type: ModelType;
  /** Classes that the checkpoint was saved from. */
  declare readonly architectures: readonly string[] | null;
  /** Word pieces (V). */
  declare readonly vocab_size: number;
  /** Width of every hidden state (H). */
  declare readonly hidden_size: number;
  /** Layers, full and narrow together. */
  declare readonly num_hidden_layers: number;
  /**
   * Layers that run over every token, from 0 to `num_hidden_layers`; the others are narrow.
   * In a `bert` config that does not say, all of them, unless the checkpoint has narrow layers.
   */
  declare readonly full_length_layers: number;
  /** Attention heads of each layer before pruning (A); divides `hidden_size`. */
  declare readonly num_attention_heads: number;
  /** Width of the feed-forward blocks (F). */
  declare readonly intermediate_size: number;
  /** Activation of the feed-forward blocks and of the masked language model's transform. */
  declare readonly hidden_act: Activation;
  /** Dropout of hidden states, in training. */
  declare readonly hidden_dropout_prob: number;
  /** Dropout of attention probabilities, in training. */
  declare readonly attention_probs_dropout_prob: number;
  /** Dropout before a classifier, in training; `null` for `hidden_dropout_prob`. */
  declare readonly classifier_dropout: number | null;
  /** The longest sequence, in tokens. */
  declare readonly max_position_embeddings: number;
  /** Token types. */
  declare readonly type_vocab_size: number;
  /** Standard deviation of random weights. */
  declare readonly initializer_range: number;
  /** Added to the variance in every LayerNorm. */
  declare readonly layer_norm_eps: number;
  /** The word piece that pads. */
  declare readonly pad_token_id: number | null;
  /** How attention knows the positions of tokens. */
  declare readonly position_embedding_type: PositionType;
  /** Loss of sequence classification; `null` to infer it from the labels of each call. */
  declare readonly problem_type: ProblemType | null;
  /** Whether the word embeddings are the decoder of a masked language model too; otherwise it has one of its own. */
  declare readonly tie_word_embeddings: boolean;
  /** Always false: decoders cannot be loaded. */
  declare readonly is_decoder: false;
  /** Always false: cross attention cannot be loaded. */
  declare readonly add_cross_attention: false;
  /** Element type that the weights are stored in, as PyTorch calls it. */
  declare readonly torch_dtype: string | null;
  /** Label of each class, by its number. */
  declare readonly id2label: Readonly<Record<number, string>>;
  /** Number of each class, by its label. */
  declare readonly label2id: Readonly<Record<string, number>>;
  /** Heads that are gone, by layer (full and narrow counted through), numbered as before pruning. */
  declare readonly pruned_heads: PrunedHeads;

  /** Whether `full_length_layers` was left to the checkpoint, as in an ordinary BERT's config. */
  readonly leavesLayersOpen: boolean;
  /** Keys that this library has no use for. */
  readonly #others: ConfigSource;

  /**
   * Checks a config.
   *
   * @param source The keys of a config.json; those that are missing have BERT's defaults. `num_labels` is
   * understood too, as short for that many unnamed labels.
   * @param overrides Keys that win over `source`.
   * @param options `location`: the file that the keys come from, for messages.
   * @throws {ConfigError} With everything that is wrong.
   */
  constructor(source: ConfigSource = {}, overrides: ConfigSource = {}, { location }: { location?: string } = {}) {
    const merged = override(source, overrides);
    Object.assign(this, checkConfig(merged, location));
    this.leavesLayersOpen = leavesLayersOpen(merged);
    const read: readonly string[] = [...READ_KEYS, "num_labels"];
    this.#others = structuredClone(Object.fromEntries(Object.entries(merged).filter(([key]) => !read.includes(key))));
    Object.freeze(this);
  }

  /** Outputs of the classifier: the number of labels. */
  get num_labels(): number {
    return Object.keys(this.id2label).length;
  }

  /** Width of one attention head (D). */
  get headSize(): number {
    return this.hidden_size / this.num_attention_heads;
  }

  /**
   * Reads the text of a config.json.
   *
   * @param text JSON.
   * @param location The file that it came from, for messages.
   * @throws {ConfigError} If it is not a JSON object, or not a config.
   */
  static parse(text: string, location: string, { overrides }: { overrides?: ConfigSource } = {}): NarrowBertConfig {
    let source: unknown;
    try {
      source = JSON.parse(text);
    } catch (cause) {
      throw new ConfigError(`Cannot read "${location}": it must be JSON, but ${(cause as Error).message}`, { cause });
    }
    if (!isObject(source)) {
      throw new ConfigError(`Cannot read "${location}": it must hold a JSON object, got ${shown(source)}`);
    }
    return new NarrowBertConfig(source, overrides, { location });
  }

  /**
   * Loads the config of a model.
   *
   * @throws {CheckpointError} If there is no such folder, or no config.json in it.
   * @throws {ConfigError} If that is not a config.
   */
  static async from_pretrained(
    where: ModelSource,
    { config: overrides, ...options }: LoadConfigOptions = {},
  ): Promise<NarrowBertConfig> {
    return await readConfig(await openFolder(where, options), { overrides });
  }

  /** Writes config.json into a local folder, which is made if it does not exist. */
  async save_pretrained(dir: string | URL): Promise<void> {
    await saveFiles(dir, [[FILE, [new TextEncoder().encode(configText(this))]]]);
  }

  /**
   * The same config with other values for some keys, checked again.
   *
   * @throws {ConfigError} With everything that is wrong.
   */
  with(overrides: ConfigSource): NarrowBertConfig {
    return new NarrowBertConfig(this.to_json(), overrides);
  }

  /** The plain object that config.json holds, unknown keys included; made anew at every call. */
  to_json(): Record<string, unknown> {
    const known = READ_KEYS.filter((key) => !(key === "full_length_layers" && this.leavesLayersOpen));
    return structuredClone({ ...fieldsOf(this, known), ...this.#others });
  }
}

/** The text of a config.json. */
function configText(config: NarrowBertConfig): string {
  return JSON.stringify(config.to_json(), null, 2) + "\n";
}

/** The values of some keys. */
function fieldsOf(config: CheckedConfig, keys: readonly (keyof CheckedConfig)[]): Record<string, unknown> {
  return Object.fromEntries(keys.map((key) => [key, config[key]]));
}

/**
 * Reads the config.json of an open folder.
 *
 * @throws {CheckpointError} If there is none.
 * @throws {ConfigError} If it is not a config.
 */
export async function readConfig(
  folder: ModelFolder,
  { overrides }: { overrides?: ConfigSource } = {},
): Promise<NarrowBertConfig> {
  const text = new TextDecoder().decode(await readFile(folder, FILE));
  return NarrowBertConfig.parse(text, pathIn(folder.location, FILE), { overrides });
}
