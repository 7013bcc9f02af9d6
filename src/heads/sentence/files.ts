/** The files by which sentence-transformers says how a text's embedding is made, all in one place. */

/** The list of modules that a text goes through, in the folder itself. */
export const MODULES = "modules.json";

/** Prompts, similarity, dimensions; of a CrossEncoder its activation. In the folder itself. */
export const SETTINGS = "config_sentence_transformers.json";

/** Settings of the Transformer, in its own folder: the names that versions gave them, in the order in which they are tried. */
export const TRANSFORMER_SETTINGS = [
  "sentence_bert_config.json",
  "sentence_roberta_config.json",
  "sentence_distilbert_config.json",
  "sentence_camembert_config.json",
  "sentence_albert_config.json",
  "sentence_xlm-roberta_config.json",
  "sentence_xlnet_config.json",
] as const;

/** Settings of every further module, in its own folder. */
export const MODULE_SETTINGS = "config.json";

/** The folder of the pooling, if no list of modules names another. */
export const POOLING_FOLDER = "1_Pooling";
