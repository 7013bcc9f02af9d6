/** BERT's tokenizer: from text to word pieces' ids with `[CLS]` and `[SEP]`, and back. */

import { describe } from "../base/messages.ts";
import { beginSpan, endSpan } from "../base/spans/spans.ts";
import { BertVocabulary } from "./bert_vocabulary.ts";
import { encodePieces } from "./encoding/encoder.ts";
import type { BatchEncodeOptions, BatchEncoding, EncodeOptions, Encoding, PadOptions } from "./encoding/encoding.ts";
import type { TokenizerFiles } from "./files/files.ts";
import { checkOptions } from "./encoding/options.ts";
import { fromBatch, padEncoding, toBatch } from "./encoding/padding.ts";
import type { Pieces } from "./encoding/pieces.ts";
import { type PaddingPlan, type Plan, planEncoding, planPadding } from "./encoding/plan.ts";
import { readTokenizerJson, type TokenizerParts } from "./files/tokenizer_json.ts";
import { TokenTable } from "./token_table.ts";
import { writtenFiles } from "./files/saving.ts";
import { vocabularyText } from "./files/vocabulary.ts";
import { neededToken } from "./needed_token.ts";

/** A text, or a pair of texts that the model reads together. An empty second text, or `null`, is none. */
export type TextOrPair = string | readonly [text: string, text_pair: string | null];

/** Whether there is a second text: an empty one is none. */
export function isSecondText(text: string | null | undefined): text is string {
  return text !== undefined && text !== null && text !== "";
}

/** Set once the class is defined: only it keeps its files. */
let lowerCasing: (tokenizer: BertTokenizer) => BertTokenizer;

/** A tokenizer of the same files, which lower-cases text before their normalizer has it: all but added tokens. */
export function lowerCased(tokenizer: BertTokenizer): BertTokenizer {
  return lowerCasing(tokenizer);
}

/**
 * BERT's tokenizer over parsed files; load one by {@linkcode AutoTokenizer}. Names are those of Hugging Face's Python
 * tokenizers; ids, offsets and words are those of their fast tokenizers for any Unicode text. A lone surrogate counts
 * as U+FFFD, which BERT leaves out. A `tokenizer.json` may hold any pipeline whose parts docs/tokenizers.md lists.
 */
export class BertTokenizer extends BertVocabulary {
  /** Most tokens of one input, special tokens included; `Infinity` if the configuration does not say. */
  readonly model_max_length: number;
  /** The side of the padding, if a call does not say. */
  readonly padding_side: "left" | "right";
  /** The end that is cut, if a call does not say. */
  readonly truncation_side: "left" | "right";
  /** The lists that its model is given. Without `token_type_ids` all tokens are of type 0. */
  readonly model_input_names: readonly string[];
  /** What stands before a token that goes on with a word, such as `##`; `""` if nothing does. */
  readonly continuing_subword_prefix: string;
  readonly #files: TokenizerFiles;
  readonly #parts: TokenizerParts;

  static {
    lowerCasing = (tokenizer) => new BertTokenizer({ ...tokenizer.#files, lowerCase: true });
  }

  /**
   * A tokenizer of files that are read; `from_pretrained` of {@linkcode NarrowBertTokenizer} reads them.
   *
   * @throws {TokenizerError} If the files do not describe a tokenizer, or a special token is not in the vocabulary.
   */
  constructor(files: TokenizerFiles) {
    const parts = readTokenizerJson(files);
    super(new TokenTable(parts), files);
    ({
      model_max_length: this.model_max_length,
      padding_side: this.padding_side,
      truncation_side: this.truncation_side,
      model_input_names: this.model_input_names,
    } = parts.defaults);
    this.continuing_subword_prefix = parts.continuing_subword_prefix;
    this.#files = files;
    this.#parts = parts;
  }

  /** The ids of a text. {@linkcode encode_plus} gives the other lists too; the errors are the same. */
  encode(text: string, options: EncodeOptions = {}): number[] {
    return this.encode_plus(text, options).input_ids;
  }

  /**
   * Encodes a text, or a pair of texts.
   *
   * @throws {TypeError} If a text is not a string, or an option is unknown or of the wrong kind.
   * @throws {RangeError} If `max_length` or `stride` is no whole number or leaves no room.
   * @throws {TokenizerError} If the vocabulary cannot spell the text, and has no unknown token; or if the text is to be
   *   padded, and there is no padding token.
   */
  encode_plus(text: string, options: EncodeOptions = {}): Encoding {
    const plan = planEncoding(options, this);
    const encoding = this.#encode({ text, text_pair: options.text_pair }, plan);
    return this.#pad([encoding], plan.padding)[0]!;
  }

  /**
   * Encodes several texts, or pairs of texts. Every list holds an array for each of them.
   *
   * @throws {TypeError} As {@linkcode encode_plus} does, naming the text by its number.
   * @throws {RangeError} As {@linkcode encode_plus} does.
   */
  batch_encode_plus(texts: readonly TextOrPair[], options: BatchEncodeOptions = {}): BatchEncoding {
    if (!Array.isArray(texts)) throw new TypeError(`Cannot encode: texts must be a list, got ${describe(texts)}`);
    if ((options as EncodeOptions).text_pair !== undefined) {
      throw new TypeError("Cannot encode: pairs of a batch are given as [text, text_pair]");
    }
    const plan = planEncoding(options, this);
    const encodings = texts.map((input: TextOrPair, index) => {
      if (typeof input !== "string" && !(Array.isArray(input) && input.length === 2)) {
        throw new TypeError(
          `Cannot encode: texts[${index}] must be a string or [text, text_pair], got ${describe(input)}`,
        );
      }
      const [text, text_pair] = typeof input === "string" ? [input] : input;
      return this.#encode({ text, text_pair }, plan, `texts[${index}]: `);
    });
    return toBatch(this.#pad(encodings, plan.padding), plan.wanted);
  }

  /** The word pieces of a text, without special tokens. */
  tokenize(text: string): string[] {
    return this.convert_ids_to_tokens(this.#pieces(text, "text").ids);
  }

  /**
   * Pads what was encoded without padding, several encodings or a batch, to equal lengths.
   *
   * @throws {TypeError} If an option is unknown or of the wrong kind.
   * @throws {RangeError} If `max_length` is no whole number, or missing.
   * @throws {TokenizerError} If there is no padding token.
   */
  pad(encodings: readonly Encoding[] | BatchEncoding, options?: PadOptions): BatchEncoding;
  /**
   * Pads one encoding, to `max_length`.
   *
   * @throws {TypeError} If an option is unknown or of the wrong kind.
   * @throws {RangeError} If `max_length` is no whole number, or missing.
   * @throws {TokenizerError} If there is no padding token.
   */
  pad(encoding: Encoding, options?: PadOptions): Encoding;
  pad(encodings: Encoding | readonly Encoding[] | BatchEncoding, options: PadOptions = {}): Encoding | BatchEncoding {
    checkOptions("pad", options);
    const padding = planPadding("pad", { padding: true, ...options }, this);
    if (!isList(encodings) && !Array.isArray(encodings?.input_ids)) {
      throw new TypeError(`Cannot pad: encodings must be what a tokenizer gave, got ${describe(encodings)}`);
    }
    if (isList(encodings)) return toBatch(this.#pad(encodings, padding));
    return isBatch(encodings) ? toBatch(this.#pad(fromBatch(encodings), padding)) : this.#pad([encodings], padding)[0]!;
  }

  /**
   * The contents of `vocab.txt`: one word piece a line, in the order of their ids.
   *
   * @throws {TokenizerError} If the vocabulary does not fit that format.
   */
  protected vocabularyText(): string {
    return vocabularyText(this.#parts.kind === "WordPiece" ? this.#parts.model.ids : undefined, this.#files.location);
  }

  /** The contents of the files that bring the tokenizer back, by name. */
  protected writtenFiles(): Map<string, string> {
    return writtenFiles({ files: this.#files, parts: this.#parts });
  }

  #encode(
    { text, text_pair }: { text: string; text_pair?: string | null | undefined },
    plan: Plan,
    where = "",
  ): Encoding {
    const first = this.#pieces(text, `${where}text`);
    const second = isSecondText(text_pair) ? this.#pieces(text_pair, `${where}text_pair`) : undefined;
    return encodePieces({ first, second }, plan, this.#parts.post);
  }

  #pieces(text: string, name: string): Pieces {
    if (typeof text !== "string") throw new TypeError(`Cannot encode: ${name} must be a string, got ${describe(text)}`);
    const begun = beginSpan();
    const pieces = this.#parts.splitter.split(text.toWellFormed());
    endSpan(begun, "tokenizer", "encode");
    return pieces;
  }

  #pad(encodings: readonly Encoding[], plan: PaddingPlan | undefined): readonly Encoding[] {
    if (plan === undefined) return encodings;
    const longest = () => encodings.reduce((length, { input_ids }) => Math.max(length, input_ids.length), 0);
    const length = plan.to === "longest" ? longest() : plan.to;
    const { id } = neededToken(this, "pad_token", "pad");
    return encodings.map((encoding) => padEncoding(encoding, { length, side: plan.side, id }));
  }
}

function isList(encodings: Encoding | readonly Encoding[] | BatchEncoding): encodings is readonly Encoding[] {
  return Array.isArray(encodings);
}

function isBatch(encodings: Encoding | BatchEncoding): encodings is BatchEncoding {
  return Array.isArray(encodings.input_ids[0]);
}
