/** The classes of Python's tokenizers that `tokenizer_class` may name, and what each makes of a folder's files. */

import { isObject } from "../../base/json.ts";
import { type ConfigToken, contentOf, type SpecialTokenName, type TokenizerConfig } from "./config.ts";
import { BERT_PIPELINE, MPNET_PIPELINE, type Pipeline, ROBERTA_PIPELINE, XLM_ROBERTA_PIPELINE } from "./pipelines.ts";

/** A class of Python's tokenizers. */
export interface TokenizerClass {
  /** The special tokens that it has if no file names them. */
  readonly tokens: Readonly<Partial<Record<SpecialTokenName, ConfigToken>>>;
  /** Whether a model is given token types unless `model_input_names` says otherwise; as in transformers 5. */
  readonly hasTypes: boolean;
  /** Whether it reads a `vocab.txt`. */
  readonly readsVocabulary?: true;
  /** The pipeline that it makes, whatever `tokenizer.json` says. Without one that file's counts. */
  readonly pipeline?: Pipeline;
}

/** BERT's special tokens. */
const BERT_TOKENS = {
  unk_token: "[UNK]",
  sep_token: "[SEP]",
  pad_token: "[PAD]",
  cls_token: "[CLS]",
  mask_token: "[MASK]",
} as const;

/** RoBERTa's special tokens. */
const ROBERTA_TOKENS = {
  bos_token: "<s>",
  eos_token: "</s>",
  unk_token: "<unk>",
  sep_token: "</s>",
  pad_token: "<pad>",
  cls_token: "<s>",
  mask_token: "<mask>",
} as const;

const BERT: TokenizerClass = {
  tokens: BERT_TOKENS,
  hasTypes: true,
  readsVocabulary: true,
  pipeline: BERT_PIPELINE,
};
const JSON_ALONE: TokenizerClass = { tokens: {}, hasTypes: false };

/** The classes by their names without `Tokenizer` and `TokenizerFast`. */
const CLASSES: Readonly<Record<string, TokenizerClass>> = {
  Bert: BERT,
  NarrowBert: BERT,
  DistilBert: { ...BERT, hasTypes: false },
  Electra: BERT,
  MobileBert: BERT,
  SqueezeBert: BERT,
  Lxmert: BERT,
  LayoutLM: BERT,
  MPNet: { tokens: { ...ROBERTA_TOKENS, unk_token: "[UNK]" }, hasTypes: false, pipeline: MPNET_PIPELINE },
  Roberta: { tokens: ROBERTA_TOKENS, hasTypes: false, pipeline: ROBERTA_PIPELINE },
  XLMRoberta: { tokens: ROBERTA_TOKENS, hasTypes: false, pipeline: XLM_ROBERTA_PIPELINE },
  PreTrained: JSON_ALONE,
};

/** A `tokenizer.json` whose class no file names: its special tokens are those of BERT or RoBERTa that it has. */
const UNNAMED: TokenizerClass = { tokens: {}, hasTypes: true };

/** The tokens by which the special ones of such a file are known, the likelier first. */
export const USUAL_TOKENS: readonly Partial<Record<SpecialTokenName, string>>[] = [BERT_TOKENS, ROBERTA_TOKENS];

/** The class that transformers 5 reads a folder by if only its `config.json` tells. */
const BY_MODEL_TYPE: Readonly<Record<string, string>> = {
  bert: "BertTokenizer",
  distilbert: "BertTokenizer",
  electra: "BertTokenizer",
  mpnet: "MPNetTokenizer",
  roberta: "RobertaTokenizer",
  "xlm-roberta": "XLMRobertaTokenizer",
};

/** The class of this name, with or without `Fast`; `undefined` if it is not known here. */
export function classNamed(name: string): TokenizerClass | undefined {
  if (name === "TokenizersBackend") return JSON_ALONE;
  const family = name.match(/^(\w+?)Tokenizer(?:Fast)?$/)?.[1] ?? "";
  return Object.hasOwn(CLASSES, family) ? CLASSES[family] : undefined;
}

/** The names of all classes that are known, for messages. */
export function classNames(): string {
  return `${Object.keys(CLASSES).map((family) => `${family}Tokenizer`).join(", ")}Fast or TokenizersBackend`;
}

/** The class of a tokenizer. */
export function classOf({ tokenizer_class: name }: TokenizerConfig): TokenizerClass {
  return name === undefined ? UNNAMED : classNamed(name) ?? JSON_ALONE;
}

/** Whether the files name no class, so that the special tokens are those that the vocabulary has. */
export function isUnnamed(config: TokenizerConfig): boolean {
  return config.tokenizer_class === undefined;
}

/** The class that a model's `config.json` names or implies; `undefined` if it does neither. */
export function classByModel(config: unknown): string | undefined {
  if (!isObject(config)) return undefined;
  const { tokenizer_class: name, model_type: type } = config;
  if (typeof name === "string") return name;
  return typeof type === "string" && Object.hasOwn(BY_MODEL_TYPE, type) ? BY_MODEL_TYPE[type] : undefined;
}

/** The special token `name` that a class has, by the files or by itself. */
export function specialToken(config: TokenizerConfig, name: SpecialTokenName): ConfigToken | undefined {
  return config[name] ?? classOf(config).tokens[name];
}

/** The text of a special token that BERT's pipeline needs. */
export function bertToken(config: TokenizerConfig, name: keyof typeof BERT_TOKENS): string {
  return contentOf(specialToken(config, name) ?? BERT_TOKENS[name]);
}
