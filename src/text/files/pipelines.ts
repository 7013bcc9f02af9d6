/**
 * The pipelines that classes of Python's transformers make themselves. Version 5 takes only the vocabulary, and options
 * of `tokenizer_config.json`, for them; version 4 takes `tokenizer.json` with these options changed. Where that file has
 * anything else than the class makes, the two versions give different ids, and so the file is refused.
 */

import { isObject } from "../../base/json.ts";
import type { Frame } from "../encoding/frame.ts";
import { BYTE_CHARACTERS } from "../pipeline/bytes.ts";
import { bertFrame, robertaFrame } from "../pipeline/post_processor.ts";
import type { TokenizerConfig } from "./config.ts";

type Json = Readonly<Record<string, unknown>>;

/** A pipeline that a class makes. */
export interface Pipeline {
  /**
   * What the parts of `tokenizer.json` must hold, by their names; other fields may be anything. A field that is absent
   * has the value that is asked for, but for `type`.
   */
  readonly parts: (file: Json, config: TokenizerConfig, unk: string) => Json;
  /** The special tokens round texts. */
  readonly frame: (cls: number, sep: number) => Frame;
  /** The parts with the options of `tokenizer_config.json`, or the class's own where that does not say. */
  readonly withOptions: (file: Json, config: TokenizerConfig) => Json;
}

/** The options of BERT's normalizer, by their names there. */
export function normalizerOptions(config: TokenizerConfig) {
  return {
    lowercase: config.do_lower_case ?? true,
    strip_accents: config.strip_accents ?? null,
    handle_chinese_chars: config.tokenize_chinese_chars ?? true,
  };
}

const withNormalizer = (file: Json, config: TokenizerConfig): Json => ({
  ...file,
  ...(isObject(file.normalizer) && { normalizer: { ...file.normalizer, ...normalizerOptions(config) } }),
});

const bertParts = (_file: Json, _config: TokenizerConfig, unk_token: string) => ({
  normalizer: { type: "BertNormalizer", clean_text: true },
  pre_tokenizer: { type: "BertPreTokenizer" },
  model: {
    type: "WordPiece",
    unk_token,
    continuing_subword_prefix: "##",
    max_input_chars_per_word: 100,
  },
  decoder: { type: "WordPiece", prefix: "##", cleanup: true },
});

/** That of `BertTokenizer`. */
export const BERT_PIPELINE: Pipeline = { parts: bertParts, frame: bertFrame, withOptions: withNormalizer };

/** That of `MPNetTokenizer`. Only version 5 minds `tokenize_chinese_chars`. */
export const MPNET_PIPELINE: Pipeline = {
  parts: (file, config, unk) => {
    const { handle_chinese_chars } = normalizerOptions(config);
    return {
      ...bertParts(file, config, unk),
      normalizer: { type: "BertNormalizer", clean_text: true, handle_chinese_chars },
      post_processor: { type: "RobertaProcessing", trim_offsets: true, add_prefix_space: false },
    };
  },
  frame: robertaFrame,
  withOptions: withNormalizer,
};

/** That of `RobertaTokenizer`. Version 5 leaves out bytes that the vocabulary lacks. */
export const ROBERTA_PIPELINE: Pipeline = {
  parts: ({ model }) => ({
    normalizer: null,
    pre_tokenizer: { type: "ByteLevel", use_regex: true },
    model: {
      type: "BPE",
      continuing_subword_prefix: "",
      end_of_word_suffix: "",
      ignore_merges: false,
      ...(!spellsAllBytes(model) && { unk_token: null }),
    },
    post_processor: { type: "RobertaProcessing" },
    decoder: { type: "ByteLevel" },
  }),
  frame: robertaFrame,
  withOptions: (file, { add_prefix_space = false, trim_offsets = true }) => ({
    ...file,
    ...(isObject(file.pre_tokenizer) && { pre_tokenizer: { ...file.pre_tokenizer, add_prefix_space } }),
    ...(isObject(file.post_processor) && {
      post_processor: { ...file.post_processor, add_prefix_space, trim_offsets },
    }),
  }),
};

function spellsAllBytes(model: unknown): boolean {
  const vocab = isObject(model) ? model.vocab : undefined;
  return isObject(vocab) && BYTE_CHARACTERS.every((character) => Object.hasOwn(vocab, character));
}

const METASPACE = { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true };

/**
 * That of `XLMRobertaTokenizer`. Only version 5 minds `add_prefix_space`. Files that version 4 made keep spaces out of
 * tokens by their normalizer: they differ from what version 5 makes at white space alone, and are read as by that.
 */
export const XLM_ROBERTA_PIPELINE: Pipeline = {
  parts: ({ normalizer, pre_tokenizer }, { add_prefix_space = true }) => {
    const metaspace = { ...METASPACE, prepend_scheme: add_prefix_space ? "always" : "never" };
    const isOlder = isObject(pre_tokenizer) && pre_tokenizer.type === "Metaspace" &&
      spaceNormalizer(normalizer) !== null;
    return {
      normalizer: isOlder ? normalizer : normalizer == null ? null : { type: "Precompiled" },
      pre_tokenizer: isOlder
        ? metaspace
        : { type: "Sequence", pretokenizers: [{ type: "WhitespaceSplit" }, metaspace] },
      model: { type: "Unigram", unk_id: 3, byte_fallback: false },
      decoder: metaspace,
    };
  },
  frame: robertaFrame,
  withOptions: (file) => {
    const normalizer = spaceNormalizer(file.normalizer);
    if (normalizer === null) return file;
    const pretokenizers = [{ type: "WhitespaceSplit" }, file.pre_tokenizer];
    return { ...file, normalizer, pre_tokenizer: { type: "Sequence", pretokenizers } };
  },
};

/** The rules before what drops spaces at the end, and all but one of several; `null` if it is another normalizer. */
function spaceNormalizer(normalizer: unknown): unknown {
  if (!isObject(normalizer) || normalizer.type !== "Sequence" || !Array.isArray(normalizer.normalizers)) return null;
  const [rules, ...rest] = normalizer.normalizers as unknown[];
  const isSpaces = (part: unknown) =>
    isObject(part) && (part.type === "Strip" && part.strip_left === false ||
      part.type === "Replace" && isObject(part.pattern) && part.pattern.Regex === " {2,}");
  return isObject(rules) && rules.type === "Precompiled" && rest.every(isSpaces) ? rules : null;
}

/** Where a value has anything else than `wanted`; `undefined` if nowhere. */
export function differing(value: unknown, wanted: unknown, path: string): Difference | undefined {
  if (Array.isArray(wanted)) {
    if (!Array.isArray(value) || value.length !== wanted.length) return { path, wanted, value };
    return firstOf(wanted.map((each, index) => [value[index], each, `${path}[${index}]`] as const));
  }
  if (isObject(wanted)) {
    if (!isObject(value) || value.type !== wanted.type) return { path, wanted, value };
    return firstOf(Object.entries(wanted).map(([name, each]) => [value[name], each, `${path}.${name}`] as const));
  }
  return value === wanted || value === undefined || value === null ? undefined : { path, wanted, value };
}

/** A value that is not what it must be. */
export interface Difference {
  path: string;
  wanted: unknown;
  value: unknown;
}

function firstOf(parts: readonly (readonly [value: unknown, wanted: unknown, path: string])[]): Difference | undefined {
  for (const [value, wanted, path] of parts) {
    const found = differing(value, wanted, path);
    if (found !== undefined) return found;
  }
  return undefined;
}
