/** The tokens of a BERT tokenizer and their ids: the part of it that does not read text. */

import { describe } from "../base/messages.ts";
import type { TokenizerConfig } from "./files/config.ts";
import type { DecodeOptions } from "./encoding/encoding.ts";
import { framed, framedTypes } from "./encoding/frame.ts";
import { checkOptions } from "./encoding/options.ts";
import type { TokenTable } from "./token_table.ts";

/**
 * Tokens, ids, and the conversions between them. Names are those of Hugging Face's Python tokenizers. A special token
 * that the tokenizer does not have is `undefined`, and so is its id.
 */
export class BertVocabulary {
  /** The padding token, usually `[PAD]`. */
  readonly pad_token: string | undefined;
  /** Id of {@linkcode pad_token}. */
  readonly pad_token_id: number | undefined;
  /** The token for words that the vocabulary cannot spell, usually `[UNK]`. */
  readonly unk_token: string | undefined;
  /** Id of {@linkcode unk_token}. */
  readonly unk_token_id: number | undefined;
  /** The token before every text, usually `[CLS]`. */
  readonly cls_token: string | undefined;
  /** Id of {@linkcode cls_token}. */
  readonly cls_token_id: number | undefined;
  /** The token after every text, usually `[SEP]`. */
  readonly sep_token: string | undefined;
  /** Id of {@linkcode sep_token}. */
  readonly sep_token_id: number | undefined;
  /** The token that stands for a word to be guessed, usually `[MASK]`. */
  readonly mask_token: string | undefined;
  /** Id of {@linkcode mask_token}. */
  readonly mask_token_id: number | undefined;
  /** All special tokens, each once: those with a name, and the further ones that the files list. */
  readonly all_special_tokens: readonly string[];
  /** Ids of {@linkcode all_special_tokens}. */
  readonly all_special_ids: readonly number[];
  /** Number of word pieces, special and added tokens included. */
  readonly vocab_size: number;
  readonly #table: TokenTable;
  readonly #isCleaned: boolean;

  /**
   * The tokens of a tokenizer; {@linkcode BertTokenizer} calls it.
   *
   * @param table Tokens and ids.
   */
  constructor(table: TokenTable, { config }: { config: TokenizerConfig }) {
    this.#table = table;
    this.#isCleaned = config.clean_up_tokenization_spaces ?? false;
    const { named, all } = table.special;
    ({ token: this.pad_token, id: this.pad_token_id } = named.pad_token ?? NONE);
    ({ token: this.unk_token, id: this.unk_token_id } = named.unk_token ?? NONE);
    ({ token: this.cls_token, id: this.cls_token_id } = named.cls_token ?? NONE);
    ({ token: this.sep_token, id: this.sep_token_id } = named.sep_token ?? NONE);
    ({ token: this.mask_token, id: this.mask_token_id } = named.mask_token ?? NONE);
    this.all_special_tokens = all.map(({ token }) => token);
    this.all_special_ids = all.map(({ id }) => id);
    this.vocab_size = table.size;
  }

  /** The id of a token; an unknown one gives {@linkcode unk_token_id}. */
  convert_tokens_to_ids(token: string): number | undefined;
  /** The ids of several tokens; an unknown one gives {@linkcode unk_token_id}. */
  convert_tokens_to_ids(tokens: readonly string[]): (number | undefined)[];
  convert_tokens_to_ids(tokens: string | readonly string[]): number | undefined | (number | undefined)[] {
    const id = (token: string) => this.#table.idOf(token) ?? this.unk_token_id;
    return typeof tokens === "string" ? id(tokens) : tokens.map(id);
  }

  /**
   * The token of an id; an id without one gives {@linkcode unk_token}.
   *
   * @throws {RangeError} If there is neither.
   */
  convert_ids_to_tokens(id: number): string;
  /**
   * The tokens of several ids; an id without one gives {@linkcode unk_token}.
   *
   * @throws {RangeError} If there is neither.
   */
  convert_ids_to_tokens(ids: readonly number[]): string[];
  convert_ids_to_tokens(ids: number | readonly number[]): string | string[] {
    const token = (id: number) => this.#table.tokenOf(id) ?? this.unk_token ?? unknown(id);
    return typeof ids === "number" ? token(ids) : ids.map(token);
  }

  /** The text of tokens, by the tokenizer's decoder. */
  convert_tokens_to_string(tokens: readonly string[]): string {
    return this.#table.join(tokens);
  }

  /**
   * The text of a list of ids. Ids without a token are left out.
   *
   * @throws {TypeError} If an id is no whole number from 0 up, or an option is wrong.
   */
  decode(ids: readonly number[], options: DecodeOptions = {}): string {
    checkOptions("decode", options);
    checkIds("decode", ids);
    return this.#table.decode(ids, {
      skipSpecial: options.skip_special_tokens ?? false,
      isCleaned: options.clean_up_tokenization_spaces ?? this.#isCleaned,
    });
  }

  /** The texts of several lists of ids; see {@linkcode decode}. */
  batch_decode(sequences: readonly (readonly number[])[], options: DecodeOptions = {}): string[] {
    return sequences.map((ids) => this.decode(ids, options));
  }

  /** `[CLS] ids [SEP]`, or `[CLS] ids [SEP] pair [SEP]`; what the tokenizer's post-processor makes of them. */
  build_inputs_with_special_tokens(ids: readonly number[], pair?: readonly number[]): number[] {
    return framed(this.#table.frame, { first: ids, second: pair }, (id) => id);
  }

  /** The types of the tokens that {@linkcode build_inputs_with_special_tokens} gives: 0 and 1. */
  create_token_type_ids_from_sequences(ids: readonly number[], pair?: readonly number[]): number[] {
    return framedTypes(this.#table.frame, { first: ids, second: pair });
  }

  /**
   * 1 for special tokens and 0 for all others, for the list of {@linkcode build_inputs_with_special_tokens}; with
   * `already_has_special_tokens`, for `ids` as they are.
   *
   * @throws {TypeError} On a pair with `already_has_special_tokens`, which takes one list.
   */
  get_special_tokens_mask(
    ids: readonly number[],
    pair?: readonly number[],
    { already_has_special_tokens = false }: { already_has_special_tokens?: boolean } = {},
  ): number[] {
    if (!already_has_special_tokens) {
      const zeros = (list: readonly number[]) => list.map(() => 0);
      return framed(this.#table.frame, { first: zeros(ids), second: pair && zeros(pair) }, () => 1);
    }
    if (pair === undefined) return ids.map((id) => Number(this.all_special_ids.includes(id)));
    throw new TypeError("Cannot mask special tokens: ids that have them already take no pair");
  }
}

/** A special token that is not there. */
const NONE = { token: undefined, id: undefined };

function unknown(id: number): never {
  throw new RangeError(`Cannot convert ids: ${id} must be the id of a token, as the tokenizer has no unk_token`);
}

function checkIds(action: string, ids: readonly number[]): void {
  if (!Array.isArray(ids)) throw new TypeError(`Cannot ${action}: ids must be a list, got ${describe(ids)}`);
  const wrong = ids.findIndex((id) => !(Number.isSafeInteger(id) && id >= 0));
  if (wrong < 0) return;
  throw new TypeError(
    `Cannot ${action}: ids[${wrong}] must be a whole number from 0 up, got ${describe(ids[wrong])}`,
  );
}
