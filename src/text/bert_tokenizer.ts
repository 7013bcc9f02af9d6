/** BERT's tokenizer: from text to word pieces' ids with `[CLS]` and `[SEP]`, and back. */

import { TokenizerError } from "../base/errors.ts";
import { specialToken, type SpecialTokenName } from "./config.ts";
import { Tokenizer } from "./deps.ts";
import type { TokenizerFiles } from "./files.ts";
import { longestFirst } from "./truncation.ts";

/** One encoded text or pair of texts; the three lists are equally long. */
export interface Encoding {
  /** Ids of the word pieces: `[CLS] text [SEP]` or `[CLS] text [SEP] text_pair [SEP]`. */
  input_ids: number[];
  /** 0 for the first text with its special tokens, 1 for the second with its closing `[SEP]`. */
  token_type_ids: number[];
  /** 1 for every token: nothing is padded here. */
  attention_mask: number[];
}

/** How to encode a text. */
export interface EncodeOptions {
  /** A second text, as in premise and hypothesis. */
  text_pair?: string;
  /** Cut what is longer than `max_length`: `true` is `"longest_first"`. Default `false`. */
  truncation?: boolean | "longest_first";
  /** Tokens to keep under `truncation`, special tokens included. Default: {@linkcode BertTokenizer.model_max_length}. */
  max_length?: number;
}

/** How to decode ids. */
export interface DecodeOptions {
  /** Leave out `[CLS]`, `[SEP]` and the like. Default `false`. */
  skip_special_tokens?: boolean;
  /** Close the spaces before punctuation. Default: as the tokenizer's configuration says, else `true`. */
  clean_up_tokenization_spaces?: boolean;
}

/** BERT's tokenizer over parsed files. Names are those of Hugging Face's Python tokenizers. */
export class BertTokenizer {
  /** The padding token, usually `[PAD]`. */
  readonly pad_token: string;
  /** Id of {@linkcode pad_token}. */
  readonly pad_token_id: number;
  /** The token for what the vocabulary cannot spell, usually `[UNK]`. */
  readonly unk_token: string;
  /** Id of {@linkcode unk_token}. */
  readonly unk_token_id: number;
  /** The token before every text, usually `[CLS]`. */
  readonly cls_token: string;
  /** Id of {@linkcode cls_token}. */
  readonly cls_token_id: number;
  /** The token after every text, usually `[SEP]`. */
  readonly sep_token: string;
  /** Id of {@linkcode sep_token}. */
  readonly sep_token_id: number;
  /** The token that stands for a word to be guessed, usually `[MASK]`. */
  readonly mask_token: string;
  /** Id of {@linkcode mask_token}. */
  readonly mask_token_id: number;
  /** Most tokens of one input, special tokens included; `Infinity` where the configuration does not say. */
  readonly model_max_length: number;
  /** Number of word pieces, special and added tokens included. */
  readonly vocab_size: number;
  readonly #tokenizer: Tokenizer;

  /** @throws {TokenizerError} Where the files do not describe a tokenizer, or a special token is not in the vocabulary. */
  constructor(files: TokenizerFiles) {
    const { location, tokenizer, config } = files;
    try {
      this.#tokenizer = new Tokenizer(tokenizer, config);
    } catch (cause) {
      throw new TokenizerError(`Cannot load a tokenizer from "${location}": ${(cause as Error).message}`, { cause });
    }
    const special = (name: SpecialTokenName): [token: string, id: number] => {
      const token = specialToken(config, name);
      const id = this.#tokenizer.token_to_id(token);
      if (id !== undefined) return [token, id];
      throw new TokenizerError(
        `Cannot load a tokenizer from "${location}": ${name} "${token}" must be in the vocabulary, and is not`,
      );
    };
    [this.pad_token, this.pad_token_id] = special("pad_token");
    [this.unk_token, this.unk_token_id] = special("unk_token");
    [this.cls_token, this.cls_token_id] = special("cls_token");
    [this.sep_token, this.sep_token_id] = special("sep_token");
    [this.mask_token, this.mask_token_id] = special("mask_token");
    this.model_max_length = config.model_max_length ?? Infinity;
    this.vocab_size = this.#tokenizer.get_vocab().size;
  }

  /** The ids of a text; {@linkcode encode_plus} gives the types and the mask too. */
  encode(text: string, options: EncodeOptions = {}): number[] {
    return this.encode_plus(text, options).input_ids;
  }

  /**
   * Encodes a text, or a pair of texts, with special tokens.
   *
   * @throws {TypeError} Where a text is not a string.
   * @throws {RangeError} Where `max_length` has no room for the special tokens.
   */
  encode_plus(text: string, options: EncodeOptions = {}): Encoding {
    let first = this.#pieces(text, "text");
    let second = options.text_pair === undefined ? [] : this.#pieces(options.text_pair, "text_pair");
    const specials = options.text_pair === undefined ? 2 : 3;
    if (options.truncation) {
      const maximum = options.max_length ?? this.model_max_length;
      if (!(maximum >= specials)) {
        throw new RangeError(`Cannot encode a text: max_length must be at least ${specials}, got ${maximum}`);
      }
      const [keepFirst, keepSecond] = longestFirst(first.length, second.length, maximum - specials);
      first = first.slice(0, keepFirst);
      second = second.slice(0, keepSecond);
    }
    const input_ids = [this.cls_token_id, ...first, this.sep_token_id];
    const token_type_ids: number[] = new Array(input_ids.length).fill(0);
    if (options.text_pair !== undefined) {
      input_ids.push(...second, this.sep_token_id);
      token_type_ids.push(...new Array(second.length + 1).fill(1));
    }
    return { input_ids, token_type_ids, attention_mask: new Array(input_ids.length).fill(1) };
  }

  /** The word pieces of a text, without special tokens. */
  tokenize(text: string): string[] {
    return this.#tokenizer.encode(text, { add_special_tokens: false }).tokens;
  }

  /** Text of a list of ids; `""` for an empty list. */
  decode(ids: readonly number[], options: DecodeOptions = {}): string {
    return ids.length === 0 ? "" : this.#tokenizer.decode([...ids], options);
  }

  /** The id of a token, or the ids of several; an unknown token gives {@linkcode unk_token_id}. */
  convert_tokens_to_ids(token: string): number;
  convert_tokens_to_ids(tokens: readonly string[]): number[];
  convert_tokens_to_ids(tokens: string | readonly string[]): number | number[] {
    const id = (token: string) => this.#tokenizer.token_to_id(token) ?? this.unk_token_id;
    return typeof tokens === "string" ? id(tokens) : tokens.map(id);
  }

  #pieces(text: string, name: string): number[] {
    if (typeof text !== "string") throw new TypeError(`Cannot encode: ${name} must be a string, got ${typeof text}`);
    return this.#tokenizer.encode(text, { add_special_tokens: false }).ids;
  }
}
