/** What a trunk is asked, and what it answers. */

import type { Readout, ReadoutAnswer } from "../readouts/readout.ts";

/** A text's tokens, without padding: an encoding of a tokenizer's `encode_plus` is one. */
export interface QueryTokens {
  /** Word pieces, with `[CLS]` and `[SEP]`. */
  readonly input_ids: ArrayLike<number>;
  /** Token types. @default all 0 */
  readonly token_type_ids?: ArrayLike<number>;
  /** May be given if all of it is 1: a query has no padding. */
  readonly attention_mask?: ArrayLike<number>;
}

/** Options of a readout's questions. */
export type AskOf<R> = R extends Readout<string, infer Ask> ? Ask : never;

/** A readout's answer. */
export type AnswerOf<R> = R extends Readout<string, never, infer Answer> ? Answer : never;

/** Questions about one text: options by the name of the readout that is asked. */
export type Asks<R extends Readout> = { readonly [One in R as One["name"]]?: AskOf<One> };

/** Answers about one text, by the name of the readout that was asked. */
export type Answers<R extends Readout> = { readonly [One in R as One["name"]]?: ReadoutAnswer & AnswerOf<One> };

/** Questions about a text. */
export interface Query<R extends Readout = Readout> {
  readonly tokens: QueryTokens;
  readonly ask: Asks<R>;
}
