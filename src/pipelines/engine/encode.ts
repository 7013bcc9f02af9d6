/** From a text to a model's input: encodes it, and refuses by name a text that does not fit. */

import { InputError } from "../../base/errors.ts";
import { describe, excerpt, kindOf, nameOf } from "../../base/messages.ts";
import { type BertTokenizer, isSecondText } from "../../text/bert_tokenizer.ts";
import type { EncodeOptions, Encoding } from "../../text/encoding/encoding.ts";

/** A text, or a pair of texts that the model reads together. An empty `text_pair`, or `null`, is none. */
export type TextInput = string | { text: string; text_pair?: string | null };

/** Options of every task that takes texts. */
export interface TextOptions {
  /** Cut a text that is longer than the model takes; else it is refused. Default `false`. */
  truncation?: boolean;
}

/** Options of tasks whose texts may be cut at either end. */
export interface SidedTextOptions extends TextOptions {
  /** The end at which a text that is too long is cut. Default: the tokenizer's, mostly `right`. */
  truncation_side?: "left" | "right";
}

/** A text that is tokenized already, special tokens included as they are. */
export interface TokenInput {
  /** Ids of its tokens, one at least. */
  input_ids: readonly number[];
}

/** Whether an input is a {@linkcode TokenInput}. */
export function isTokenInput(input: unknown): input is TokenInput {
  return typeof input === "object" && input !== null && "input_ids" in input;
}

/**
 * The encoding of a text that is tokenized already.
 *
 * @throws {InputError} If an id is no whole number from 0, or there are none or too many, and `truncation` is off.
 */
export function encodingOf(
  { input_ids: given }: TokenInput,
  { maximum, subject, truncation = false, truncation_side }:
    & Pick<EncodeContext, "maximum" | "subject">
    & SidedTextOptions,
): TextEncoding {
  const all: readonly unknown[] = Array.isArray(given) ? given : [];
  const wrong = all.find((id) => !(Number.isSafeInteger(id) && (id as number) >= 0));
  if (all.length === 0 || wrong !== undefined) {
    const found = wrong === undefined ? "none" : describe(wrong);
    throw new InputError(`Cannot ${subject}: its input_ids must be whole numbers from 0, one at least, got ${found}`);
  }
  if (all.length > maximum && !truncation) {
    throw new InputError(
      `Cannot ${subject}: the model takes ${maximum} tokens, got ${all.length}; shorten it, or ask for truncation`,
    );
  }
  const kept = truncation_side === "left" ? all.slice(-maximum) : all.slice(0, maximum);
  const filled = (value: number) => new Array<number>(kept.length).fill(value);
  return {
    input_ids: kept as number[],
    token_type_ids: filled(0),
    attention_mask: filled(1),
    special_tokens_mask: filled(0),
  };
}

/** Options of {@linkcode encodeText}. */
export interface EncodeContext {
  tokenizer: BertTokenizer;
  /** The most tokens that the model takes; see {@linkcode mostTokens}. */
  maximum: number;
  /** The action and the input's name, for messages: `classify text 3 of 8`. */
  subject: string;
  /** The name of a pair's first text in messages: `its query`. @default it */
  first?: string;
  /**
   * What the text must have: a word, or a token, which may be one that the tokenizer adds, as in Python.
   *
   * @default "word"
   */
  needs?: "word" | "token" | "nothing";
  /** How to cut a text that is too long; `false` refuses it. */
  truncation?: EncodeOptions["truncation"];
  /** Further options of the tokenizer. */
  options?: EncodeOptions;
}

/**
 * The most tokens of one input, by the tokenizer's configuration and the model's.
 *
 * @param limit What stands in the place of the tokenizer's own limit; `null` for nothing.
 */
export function mostTokens(
  { model, tokenizer }: { model: { config: { max_position_embeddings: number } }; tokenizer: BertTokenizer },
  limit: number | null = null,
): number {
  return Math.min(limit ?? tokenizer.model_max_length, model.config.max_position_embeddings);
}

/** An encoding that tells the tokens of the text from those that the tokenizer adds. */
export type TextEncoding = Encoding & Required<Pick<Encoding, "special_tokens_mask">>;

/**
 * Encodes a text or a pair.
 *
 * @throws {TypeError} If the input is neither.
 * @throws {InputError} If the text has not what it needs, or is longer than the model takes and `truncation` is off.
 */
export function encodeText(input: TextInput, context: EncodeContext): TextEncoding {
  const { tokenizer, maximum, subject, first, needs = "word" } = context;
  const { text, text_pair } = readText(input, subject);
  const encoding = encodePair({ text, text_pair }, context);
  const { length } = encoding.input_ids;
  const isPair = isSecondText(text_pair);
  const isBare = () =>
    isPair
      ? tokenizer.encode(text, { add_special_tokens: false }).length === 0
      : !encoding.special_tokens_mask.includes(0);
  if (needs !== "nothing" && length === 0 || needs === "word" && isBare()) {
    throw new InputError(`Cannot ${subject}: ${first ?? "it"} must hold a word, got ${excerpt(text)}`);
  }
  if (length > maximum) {
    const firstLength = isPair ? tokenizer.encode(text).length : length;
    const isFirst = firstLength > maximum;
    const got = isFirst && first !== undefined ? `${firstLength} in ${first} alone` : length;
    const longest = isFirst || 2 * firstLength > length ? text : text_pair!;
    throw new InputError(
      `Cannot ${subject}: the model takes ${maximum} tokens, got ${got} (${excerpt(longest)}); ` +
        "shorten it, or ask for truncation",
    );
  }
  return encoding;
}

function encodePair({ text, text_pair }: ReturnType<typeof readText>, context: EncodeContext): TextEncoding {
  const { tokenizer, maximum, subject, truncation = false, options } = context;
  const all = { ...options, text_pair, truncation, max_length: maximum, return_special_tokens_mask: true };
  try {
    return tokenizer.encode_plus(text, all) as TextEncoding;
  } catch (cause) {
    if (!(cause instanceof RangeError && typeof truncation === "string")) throw cause;
    throw new InputError(
      `Cannot ${subject}: the model takes ${maximum} tokens, of which ${excerpt(text_pair ?? "")} leaves it none`,
      { cause },
    );
  }
}

function readText(input: TextInput, subject: string): { text: string; text_pair?: string | null | undefined } {
  if (typeof input === "string") return { text: input };
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    throw new TypeError(`Cannot ${subject}: it must be a string or { text, text_pair }, got ${kindOf(input)}`);
  }
  checkString(input.text, subject, "its text");
  const { text, text_pair } = input;
  if (text_pair !== undefined && text_pair !== null) checkString(text_pair, subject, "its text_pair");
  return { text, text_pair };
}

/**
 * Checks an input that must be one text, or a part of one.
 *
 * @param what Its name in messages.
 * @throws {TypeError} If it is no string.
 */
export function checkString(value: unknown, subject: string, what = "it"): asserts value is string {
  if (typeof value === "string") return;
  throw new TypeError(`Cannot ${subject}: ${what} must be a string, got ${kindOf(value)}`);
}

/**
 * Checks a list of strings that an input's answer is chosen from.
 *
 * @param noun The name of one of them in messages: `choice`.
 * @throws {TypeError} If it is not a list of strings.
 * @throws {InputError} If there are none, or one of them is blank.
 */
export function checkStrings(values: readonly string[], { subject, noun }: { subject: string; noun: string }): void {
  if (!Array.isArray(values)) {
    throw new TypeError(`Cannot ${subject}: its ${noun}s must be an array of strings, got ${kindOf(values)}`);
  }
  if (values.length === 0) throw new InputError(`Cannot ${subject}: its ${noun}s must name one at least, got none`);
  values.forEach((value: unknown, i) => {
    const name = nameOf(noun, i, values.length);
    if (typeof value !== "string") {
      throw new TypeError(`Cannot ${subject}: ${name} must be a string, got ${kindOf(value)}`);
    }
    if (value.trim() === "") {
      throw new InputError(`Cannot ${subject}: ${name} must hold a word, got ${excerpt(value)}`);
    }
  });
}

/** Why a model cannot read an encoding: a token or a second text that it has no embedding for; null if it can. */
export function misfit(
  { input_ids, token_type_ids }: Pick<Encoding, "input_ids" | "token_type_ids">,
  { vocab_size, type_vocab_size }: { vocab_size: number; type_vocab_size: number },
): string | null {
  const at = input_ids.findIndex((id) => id >= vocab_size);
  if (at >= 0) {
    return `its token ${at + 1} has the id ${
      input_ids[at]
    }, and the model knows ${vocab_size} tokens: the tokenizer is of ` +
      "another model, or has words that the model did not learn";
  }
  if (!token_type_ids.some((type) => type >= type_vocab_size)) return null;
  return `it has a second text, and the model knows ${type_vocab_size} token type: it reads one text at a time`;
}
