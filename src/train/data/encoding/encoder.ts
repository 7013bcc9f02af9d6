/** What all tasks share in making rows of examples. */

import { TokenizerError } from "../../../base/errors.ts";
import { IGNORE } from "../../../heads/labels.ts";
import type { BertTokenizer, TextOrPair } from "../../../text/bert_tokenizer.ts";
import type { DataExample, Example } from "../examples.ts";
import type { Row, Sequence } from "./row.ts";

/** Makes rows of examples. */
export interface Encoder<E extends Example = Example> {
  /** A row for each example. What is drawn by chance depends on the epoch. */
  encode(examples: readonly DataExample<E>[], epoch: number): Row[];
  /** Makes the rows of a window, already in random order, of those of its examples. Left out, these are they. */
  arrange?(rows: readonly Row[]): Row[];
}

/** What texts are encoded with. */
export interface EncodingSettings {
  readonly tokenizer: BertTokenizer;
  /** Most tokens of a sequence, special ones included. */
  readonly max_seq_length: number;
}

/** A sequence, and whether it was cut. */
export interface Encoded extends Sequence {
  readonly truncated: boolean;
}

/** Texts or pairs as sequences; what is too long is cut, of pairs the longer text first. */
export function encodeTexts(
  texts: readonly TextOrPair[],
  { tokenizer, max_seq_length }: EncodingSettings,
): Encoded[] {
  const { input_ids, token_type_ids } = tokenizer.batch_encode_plus(texts);
  return texts.map((text, i) => {
    let ids = input_ids[i] as number[];
    let types = token_type_ids[i] as number[];
    const truncated = ids.length > max_seq_length;
    if (truncated) {
      const [first, text_pair] = typeof text === "string" ? [text, undefined] : text;
      const options = { text_pair, truncation: true, max_length: max_seq_length };
      ({ input_ids: ids, token_type_ids: types } = tokenizer.encode_plus(first, options));
    }
    const second = types.indexOf(1);
    return { ids: Uint32Array.from(ids), first: second < 0 ? ids.length : second, truncated };
  });
}

/** The part of a list that stays if it is cut to `room`: the side that the tokenizer keeps. */
export function keptRange(
  length: number,
  room: number,
  { truncation_side }: BertTokenizer,
): [begin: number, end: number] {
  if (length <= room) return [0, length];
  return truncation_side === "left" ? [length - room, length] : [0, room];
}

/** The special tokens that a tokenizer puts round a text. */
export class Frame {
  readonly #before: readonly number[];
  readonly #after: readonly number[];

  /**
   * @throws {RangeError} If they leave no room for a text.
   * @throws {TokenizerError} If some of them do not belong to the first text, whose token type is 0.
   */
  constructor({ tokenizer, max_seq_length }: EncodingSettings) {
    const around = tokenizer.build_inputs_with_special_tokens([TEXT]);
    const at = around.indexOf(TEXT);
    this.#before = around.slice(0, at);
    this.#after = around.slice(at + 1);
    const type = tokenizer.create_token_type_ids_from_sequences([TEXT]).find((type) => type !== 0);
    if (type !== undefined) {
      throw new TokenizerError(
        `Cannot train with this tokenizer: all tokens of a single text must have the token type 0, got ${type}`,
      );
    }
    if (this.length >= max_seq_length) {
      throw new RangeError(
        `Cannot train with sequences of ${max_seq_length} tokens: max_seq_length must be larger than ${this.length}, the ` +
          "special tokens of a text",
      );
    }
  }

  /** How many they are. */
  get length(): number {
    return this.#before.length + this.#after.length;
  }

  /** Tokens between them, and their labels, of which the special ones have none. */
  around(ids: Uint32Array, labels: Int32Array): { sequences: [Sequence]; labels: Int32Array } {
    const length = ids.length + this.length;
    const start = this.#before.length;
    const framedIds = new Uint32Array(length);
    framedIds.set(this.#before);
    framedIds.set(ids, start);
    framedIds.set(this.#after, start + ids.length);
    const framedLabels = new Int32Array(length).fill(IGNORE);
    framedLabels.set(labels, start);
    return { sequences: [{ ids: framedIds, first: length }], labels: framedLabels };
  }
}

/** Stands for a text among special tokens. */
const TEXT = -1;
