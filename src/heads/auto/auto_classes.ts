/** `AutoModel` and its like: the class of this library for the model of a folder, whatever wrote the folder. */

import { CheckpointError } from "../../base/errors.ts";
import { quote, quoted } from "../../base/messages.ts";
import type { ModelSource } from "../../io/folder/folder.ts";
import { type LoadConfigOptions, NarrowBertConfig } from "../../model/config/config.ts";
import { type OpenedModel, openModel } from "../../model/loading.ts";
import type { LoadOptions, ModelOptions } from "../../model/model_options.ts";
import { NarrowBertForMaskedLM } from "../masked_lm.ts";
import { loadOpened, makeRandom, type ModelClass } from "../model_class.ts";
import { NarrowBertForMultipleChoice } from "../multiple_choice.ts";
import { NarrowBertModel } from "../narrow_bert_model.ts";
import type { PreTrainedModel } from "../pretrained.ts";
import { classNames, namedHead } from "../registry.ts";
import { NarrowBertForSequenceClassification } from "../sequence_classification.ts";
import { NarrowBertForTokenClassification } from "../token_classification.ts";

/**
 * Makes models for one purpose, by Hugging Face's name for it.
 *
 * @typeParam M The class of the models.
 */
export interface AutoClass<M extends PreTrainedModel> {
  /**
   * Loads the model of a folder, by `model_type` and `architectures` of its config.json: a NarrowBERT or an ordinary BERT.
   *
   * The folder must be of a model with this head. transformers loads any other too, with a head of random weights; here
   * that takes `new_head`, as everywhere. `AutoModel` takes the body of every model. A config without `architectures` is
   * taken at its weights.
   *
   * @throws {CheckpointError} If the folder is of a model with another head, files are missing, or the weights do not fit.
   * @throws {ConfigError} If it is of another architecture, or its config is not valid.
   * @throws {NoAdapterError} If there is no GPU.
   * @throws {DeviceLostError} If the device is lost.
   */
  from_pretrained(source: ModelSource, options?: LoadOptions): Promise<M>;
  /**
   * A model with random weights.
   *
   * @param options `seed`, a whole number from 0, decides the weights on every machine. Default 0.
   * @throws {NoAdapterError} If there is no GPU.
   * @throws {RangeError} If the device cannot hold a weight, or the seed is no such number.
   */
  from_config(config: NarrowBertConfig, options?: ModelOptions & { seed?: number }): Promise<M>;
}

function autoClass<M extends PreTrainedModel>(name: string, modelClass: ModelClass<M>): AutoClass<M> {
  return {
    async from_pretrained(source, options = {}) {
      const opened = await openModel(source, options);
      checkArchitectures(opened, { name, modelClass, options });
      return await loadOpened(modelClass, opened, options);
    },
    from_config: (config, options = {}) => makeRandom(modelClass, config, options),
  };
}

/** The body of a BERT, whatever is on it. */
const BERT = /^(Narrow)?Bert[A-Z]/;

/** @throws {CheckpointError} If a folder's config names only classes that do not have what is asked for. */
function checkArchitectures(
  { folder: { location }, config }: OpenedModel,
  { name, modelClass: { head }, options: { new_head = false } }: {
    name: string;
    modelClass: Pick<ModelClass<unknown>, "head">;
    options: LoadOptions;
  },
): void {
  const { architectures } = config;
  if (architectures === null || architectures.length === 0) return;
  const onlyBody = head.prefix === null || new_head !== false;
  if (onlyBody ? architectures.some((name) => BERT.test(name)) : namedHead(config) === head) return;
  const expected = onlyBody ? `NarrowBERT or BERT, such as ${classNames()}` : `one of ${classNames([head])}`;
  const cure = onlyBody ? "" : `; new_head: true begins a new ${head.name} head on its body`;
  throw new CheckpointError(
    `Cannot load ${quote(location)} by ${name}: architectures in its config must name ${expected}, ` +
      `got ${quoted(architectures)}${cure}`,
  );
}

/**
 * Loads the body of any NarrowBERT or BERT, as {@linkcode NarrowBertModel} does: with its pooler, or, with
 * `add_pooling_layer: false`, without.
 *
 * @example
 * ```ts
 * import { AutoModel, AutoTokenizer } from "@narrowbert/webgpu";
 *
 * const folder = "examples/models/wordnet/topic";
 * const tokenizer = await AutoTokenizer.from_pretrained(folder);
 * using model = await AutoModel.from_pretrained(folder);
 * const { pooler_output } = await model.forward({ input_ids: [tokenizer.encode("a large animal")] });
 * console.log(pooler_output!.dims); // [1, 128]
 * ```
 */
export const AutoModel: AutoClass<NarrowBertModel> = autoClass("AutoModel", NarrowBertModel);

/**
 * Loads any NarrowBERT or BERT that guesses masked words, as a {@linkcode NarrowBertForMaskedLM}.
 *
 * @example
 * ```ts
 * using model = await AutoModelForMaskedLM.from_pretrained("examples/models/wordnet/mlm");
 * console.log(model.config.vocab_size); // 8000
 * ```
 */
export const AutoModelForMaskedLM: AutoClass<NarrowBertForMaskedLM> = autoClass(
  "AutoModelForMaskedLM",
  NarrowBertForMaskedLM,
);

/**
 * Loads any NarrowBERT or BERT that labels texts, as a {@linkcode NarrowBertForSequenceClassification}.
 *
 * @example Labels of one's own on the body of a model that guesses words
 * ```ts
 * import { AutoModelForSequenceClassification } from "@narrowbert/webgpu";
 *
 * using model = await AutoModelForSequenceClassification.from_pretrained("examples/models/wordnet/mlm", {
 *   config: { id2label: { 0: "animal", 1: "tool" } },
 *   new_head: true,
 * });
 * console.log(model.config.num_labels); // 2
 * ```
 */
export const AutoModelForSequenceClassification: AutoClass<NarrowBertForSequenceClassification> = autoClass(
  "AutoModelForSequenceClassification",
  NarrowBertForSequenceClassification,
);

/** Loads any NarrowBERT or BERT that labels tokens, as a {@linkcode NarrowBertForTokenClassification}. */
export const AutoModelForTokenClassification: AutoClass<NarrowBertForTokenClassification> = autoClass(
  "AutoModelForTokenClassification",
  NarrowBertForTokenClassification,
);

/** Loads any NarrowBERT or BERT that chooses among answers, as a {@linkcode NarrowBertForMultipleChoice}. */
export const AutoModelForMultipleChoice: AutoClass<NarrowBertForMultipleChoice> = autoClass(
  "AutoModelForMultipleChoice",
  NarrowBertForMultipleChoice,
);

/**
 * Loads the configuration of any model that this library runs.
 *
 * @example
 * ```ts
 * const config = await AutoConfig.from_pretrained("examples/models/wordnet/topic");
 * console.log(config.architectures); // [ "NarrowBertForSequenceClassification" ]
 * ```
 */
export const AutoConfig: {
  /**
   * The config of a folder.
   *
   * @throws {CheckpointError} If there is no such folder, or no config.json in it.
   * @throws {ConfigError} If it is of another architecture, or not valid.
   */
  from_pretrained(source: ModelSource, options?: LoadConfigOptions): Promise<NarrowBertConfig>;
} = {
  from_pretrained(source, options = {}) {
    return NarrowBertConfig.from_pretrained(source, options);
  },
};
