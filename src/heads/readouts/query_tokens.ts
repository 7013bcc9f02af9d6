/** Texts as readouts and trunks see them. */

/** A text's tokens, without padding: an encoding of a tokenizer's `encode_plus` is one. */
export interface QueryTokens {
  /** Ids of the word pieces, with `[CLS]` and `[SEP]`. */
  readonly input_ids: ArrayLike<number>;
  /** Token types. @default all 0 */
  readonly token_type_ids?: ArrayLike<number>;
  /** All 1 if it is given, as a query has no padding. */
  readonly attention_mask?: ArrayLike<number>;
}
