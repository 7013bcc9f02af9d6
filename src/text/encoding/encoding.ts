/** Options and results of the tokenizer. Names are those of Hugging Face's tokenizers. */

/** Place of a token in the text it came from: `[start, end)` in UTF-16 indices, `[0, 0]` for a special token. */
export type Offset = [start: number, end: number];

/** The side of truncation or padding. */
export type Side = "left" | "right";

/** One encoded text or pair of texts; all its lists but `overflowing` are equally long. */
export interface Encoding {
  /** Ids of the word pieces: `[CLS] text [SEP]` or `[CLS] text [SEP] text_pair [SEP]`, and padding. */
  input_ids: number[];
  /**
   * 0 for the first text with its special tokens, 1 for the second with its closing `[SEP]`; 0 for padding. All are 0 if
   * the tokenizer's `model_input_names` leave them out: then Python gives no types, and a model takes zeros.
   */
  token_type_ids: number[];
  /** 1 for every token, 0 for padding. */
  attention_mask: number[];
  /** 1 for the special tokens that the tokenizer added, padding too; 0 for tokens of the text, `[MASK]` too. */
  special_tokens_mask?: number[];
  /**
   * Place of each token in its text: `[start, end)` in UTF-16 indices, which in the second text count from 0 again;
   * `[0, 0]` for a special token.
   */
  offset_mapping?: [start: number, end: number][];
  /** Number of the word that each token belongs to (from 0 in each text), `null` for added special tokens. */
  word_ids?: (number | null)[];
  /** What truncation cut away, as encodings of their own, each overlapping the one before by `stride` tokens. */
  overflowing?: Encoding[];
}

/** Several encoded texts: the lists of {@linkcode Encoding}, each once per text. */
export interface BatchEncoding {
  /** Ids of the word pieces of each text. */
  input_ids: number[][];
  /** Types of the tokens of each text: 0 and 1, or all 0 if `model_input_names` leave them out. */
  token_type_ids: number[][];
  /** For each text, 1 for every token and 0 for padding. */
  attention_mask: number[][];
  /** For each text, 1 for special tokens and padding, 0 for tokens of the text; with `return_special_tokens_mask`. */
  special_tokens_mask?: number[][];
  /** Places of the tokens in each text, in UTF-16 indices; with `return_offsets_mapping`. */
  offset_mapping?: [start: number, end: number][][];
  /** Number of the word that each token of each text belongs to; with `return_word_ids`. */
  word_ids?: (number | null)[][];
  /** What truncation cut away from each text; with `return_overflowing_tokens`. */
  overflowing?: Encoding[][];
}

/** How to pad to equal lengths: to the longest of the batch (`true`), to `max_length`, or not at all. */
export type PaddingStrategy = boolean | "longest" | "max_length" | "do_not_pad";

/** Which text to cut if both are too long together; `true` is `"longest_first"`. */
export type TruncationStrategy = boolean | "longest_first" | "only_first" | "only_second" | "do_not_truncate";

/** How to encode several texts, or pairs of texts. */
export interface BatchEncodeOptions {
  /** Add `[CLS]` and `[SEP]`. Default `true`. */
  add_special_tokens?: boolean;
  /** Pad with `[PAD]`. Default `false`. */
  padding?: PaddingStrategy;
  /** Side of the padding. Default: as the tokenizer's configuration says, else `"right"`. */
  padding_side?: "left" | "right";
  /** Cut what is longer than `max_length`. Default: `true` if only `max_length` is given, `false` otherwise. */
  truncation?: TruncationStrategy;
  /** Which end of a text is cut. Default: as the tokenizer's configuration says, else `"right"`. */
  truncation_side?: "left" | "right";
  /** Tokens to truncate or pad to, special tokens included. Default: the tokenizer's `model_max_length`. */
  max_length?: number;
  /** Tokens that each overflowing part repeats of the part before it. Default 0. */
  stride?: number;
  /** Whether `token_type_ids` tell the texts of a pair apart; else all are 0. Default: as `model_input_names` say. */
  return_token_type_ids?: boolean;
  /** Give `special_tokens_mask`. Default `false`. */
  return_special_tokens_mask?: boolean;
  /** Give `offset_mapping`. Default `false`. */
  return_offsets_mapping?: boolean;
  /** Give `word_ids`. Default `false`. */
  return_word_ids?: boolean;
  /** Give `overflowing`. Default `false`. */
  return_overflowing_tokens?: boolean;
}

/** How to encode a text. */
export interface EncodeOptions extends BatchEncodeOptions {
  /** A second text, as in premise and hypothesis. An empty one, or `null`, is none. */
  text_pair?: string | null | undefined;
}

/** How to pad existing encodings. */
export interface PadOptions {
  /** Default `true`: to the longest. */
  padding?: PaddingStrategy;
  /** Length under `padding: "max_length"`. Default: the tokenizer's `model_max_length`. */
  max_length?: number;
  /** Side of the padding. Default: as the tokenizer's configuration says, else `"right"`. */
  padding_side?: "left" | "right";
}

/** How to decode ids. */
export interface DecodeOptions {
  /** Leave out `[CLS]`, `[SEP]` and the like. Default `false`. */
  skip_special_tokens?: boolean;
  /** Remove the spaces before punctuation. Default: as the tokenizer's configuration says, else `false`. */
  clean_up_tokenization_spaces?: boolean;
}
