/** What all tasks share in making rows of examples. */

import { IGNORE } from "../../../heads/labels.ts";
import type { BertTokenizer, TextOrPair } from "../../../text/bert_tokenizer.ts";
import { neededToken } from "../../../text/needed_token.ts";
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

/** Tokens between `[CLS]` and `[SEP]`, and their labels, of which those two have none. */
export function framed(
  ids: Uint32Array,
  labels: Int32Array,
  tokenizer: BertTokenizer,
): { sequences: [Sequence]; labels: Int32Array } {
  const length = ids.length + 2;
  const framedIds = new Uint32Array(length);
  framedIds[0] = neededToken(tokenizer, "cls_token", "train").id;
  framedIds.set(ids, 1);
  framedIds[length - 1] = neededToken(tokenizer, "sep_token", "train").id;
  const framedLabels = new Int32Array(length).fill(IGNORE);
  framedLabels.set(labels, 1);
  return { sequences: [{ ids: framedIds, first: length }], labels: framedLabels };
}
