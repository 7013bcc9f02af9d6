/** Pads encodings to equal lengths. */

import type { BatchEncoding, Encoding, Side } from "./encoding.ts";
import type { Wanted } from "./plan.ts";

/** The padding of encodings: length, token and side. */
export interface Padding {
  /** Tokens to pad to; longer encodings stay as they are. */
  length: number;
  side: Side;
  /** Id of the padding token. */
  id: number;
}

/** The padded encoding; its overflowing parts are padded too. */
export function padEncoding(encoding: Encoding, padding: Padding): Encoding {
  const count = Math.max(0, padding.length - encoding.input_ids.length);
  const fill = <T>(values: readonly T[], make: () => T): T[] => {
    const filling = Array.from({ length: count }, make);
    return padding.side === "right" ? [...values, ...filling] : [...filling, ...values];
  };
  const { special_tokens_mask, offset_mapping, word_ids, overflowing } = encoding;
  return {
    input_ids: fill(encoding.input_ids, () => padding.id),
    token_type_ids: fill(encoding.token_type_ids, () => 0),
    attention_mask: fill(encoding.attention_mask, () => 0),
    ...(special_tokens_mask && { special_tokens_mask: fill(special_tokens_mask, () => 1) }),
    ...(offset_mapping && { offset_mapping: fill(offset_mapping, () => [0, 0]) }),
    ...(word_ids && { word_ids: fill(word_ids, () => null) }),
    ...(overflowing && { overflowing: overflowing.map((part) => padEncoding(part, padding)) }),
  };
}

/**
 * The lists of several encodings side by side.
 *
 * @param held Which lists all of them hold besides the usual three. Default: those of the first.
 */
export function toBatch(encodings: readonly Encoding[], held: Wanted = listsOf(encodings[0])): BatchEncoding {
  return {
    input_ids: encodings.map(({ input_ids }) => input_ids),
    token_type_ids: encodings.map(({ token_type_ids }) => token_type_ids),
    attention_mask: encodings.map(({ attention_mask }) => attention_mask),
    ...(held.special_tokens_mask && { special_tokens_mask: encodings.map((each) => each.special_tokens_mask!) }),
    ...(held.offset_mapping && { offset_mapping: encodings.map((each) => each.offset_mapping!) }),
    ...(held.word_ids && { word_ids: encodings.map((each) => each.word_ids!) }),
    ...(held.overflowing && { overflowing: encodings.map((each) => each.overflowing!) }),
  };
}

function listsOf(encoding: Encoding | undefined): Wanted {
  return {
    special_tokens_mask: encoding?.special_tokens_mask !== undefined,
    offset_mapping: encoding?.offset_mapping !== undefined,
    word_ids: encoding?.word_ids !== undefined,
    overflowing: encoding?.overflowing !== undefined,
  };
}

/** The encodings of a batch one by one: the reverse of {@linkcode toBatch}. */
export function fromBatch(batch: BatchEncoding): Encoding[] {
  return batch.input_ids.map((input_ids, index) => ({
    input_ids,
    token_type_ids: batch.token_type_ids[index]!,
    attention_mask: batch.attention_mask[index]!,
    ...(batch.special_tokens_mask && { special_tokens_mask: batch.special_tokens_mask[index]! }),
    ...(batch.offset_mapping && { offset_mapping: batch.offset_mapping[index]! }),
    ...(batch.word_ids && { word_ids: batch.word_ids[index]! }),
    ...(batch.overflowing && { overflowing: batch.overflowing[index]! }),
  }));
}
