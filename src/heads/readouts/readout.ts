/** Readouts as users see them: one kind of answer that a trunk can give about texts. */

/** The answer of a readout about a text. */
export interface ReadoutAnswer {
  /** The numbers that were computed, in the readout's own layout. */
  readonly values: ArrayLike<number>;
}

/**
 * One kind of answer that a {@linkcode Trunk} can give about a text, such as {@linkcode topWords}. Readouts are
 * constants of this library: a trunk is loaded with some of them, and a {@linkcode Query} asks them by name.
 *
 * @typeParam Name Its name in queries and answers.
 * @typeParam Ask Options of a question, plain data.
 * @typeParam Answer Its answer.
 */
export interface Readout<
  Name extends string = string,
  Ask = unknown,
  Answer extends ReadoutAnswer = ReadoutAnswer,
> {
  /** Its name in queries and answers. */
  readonly name: Name;
  /** Never there: tells TypeScript the types of a question's options and of its answer. */
  readonly types?: { readonly ask: Ask; readonly answer: Answer };
}

/**
 * A readout whose questions change tokens of their text, such as {@linkcode maskedWords}. The text is encoded anew for
 * them, so that a {@linkcode Context} cannot be asked.
 */
export interface ChangingReadout<
  Name extends string = string,
  Ask = unknown,
  Answer extends ReadoutAnswer = ReadoutAnswer,
> extends Readout<Name, Ask, Answer> {
  /** Tells it from the readouts that a context can be asked. */
  readonly changesTokens: true;
}

/** Options of a readout that has none. */
export type NothingAsked = Readonly<Record<string, never>>;

/** Options that choose positions. */
export interface PositionsAsk {
  /** Positions in the text, in the order of the answer; 0 is `[CLS]`. */
  readonly positions: ArrayLike<number>;
}
