/** The questions for a trunk, and its answers. */

import type { Readout } from "../readouts/readout.ts";

/** A text's tokens, without padding: an encoding of a tokenizer's `encode_plus` is one. */
export interface QueryTokens {
  /** Ids of the word pieces, with `[CLS]` and `[SEP]`. */
  readonly input_ids: ArrayLike<number>;
  /** Token types. @default all 0 */
  readonly token_type_ids?: ArrayLike<number>;
  /** All 1 if it is given, as a query has no padding. */
  readonly attention_mask?: ArrayLike<number>;
}

/** Questions about one text: options by the name of the readout that is asked. */
export type Asks<R extends Readout> = { readonly [One in R as One["name"]]?: NonNullable<One["types"]>["ask"] };

/** Answers about one text, by the name of the readout that was asked. */
export type Answers<R extends Readout> = { readonly [One in R as One["name"]]?: NonNullable<One["types"]>["answer"] };

/** Questions about a text. */
export interface Query<R extends Readout = Readout> {
  /** The text. */
  readonly tokens: QueryTokens;
  /** The questions: options by the name of the readout that is asked, `{}` for one without options. */
  readonly ask: Asks<R>;
}
