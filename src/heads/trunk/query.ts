/** The questions for a trunk, and its answers. */

import type { QueryTokens } from "../readouts/query_tokens.ts";
import type { ChangingReadout, Readout, ReadoutAnswer } from "../readouts/readout.ts";

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

/** Questions about a text of a context. No readout that changes tokens can be asked, as the text was encoded before. */
export interface ContextQuery<R extends Readout = Readout> {
  /** The text's number in the context, from 0. It may be left out if the context has one text. */
  readonly text?: number;
  /** The questions: options by the name of the readout that is asked, `{}` for one without options. */
  readonly ask: Asks<Exclude<R, ChangingReadout>>;
}

/** The answers to a query, by the names of its readouts. */
export type NamedAnswers = Readonly<Partial<Record<string, ReadoutAnswer>>>;
