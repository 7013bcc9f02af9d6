/** How commands are defined that ask a model about texts. */

import type { ProgressCallback } from "../../io/folder/folder.ts";
import type { Fields } from "../../io/records/record.ts";
import { INPUT_OPTIONS } from "../inputs/inputs.ts";
import { flag, type Options, type Values } from "../options.ts";
import type { AnsweringParts } from "../outputs/files/destination.ts";
import type { OutputLayout } from "../outputs/files/open.ts";
import type { Gather } from "../outputs/outcome.ts";
import { OUTPUT_OPTIONS } from "../outputs/outputs.ts";
import type { Timings } from "../timings.ts";

/** How a model is loaded for a command. */
export interface Loading {
  readonly signal: AbortSignal;
  readonly progress_callback: ProgressCallback;
  /** With `--timings`. */
  readonly timings: Timings | null;
}

/** A loaded model that answers questions. */
export interface StreamingModel<Question, Answer> extends AnsweringParts<Answer>, Disposable {
  /**
   * Yields one answer a question, in order; a question that fails yields its error. Once it is to stop, what is answered
   * by then comes, with the reason for what is not, and the stream ends.
   */
  stream(
    questions: AsyncIterable<Question>,
    options: {
      signal: AbortSignal;
      stop: AbortSignal;
      errors: "yield";
      /** Called with the number of questions that are computed. */
      progress_callback: (progress: { done: number }) => void;
    },
  ): AsyncIterable<Answer | Error>;
}

/** What `textCommand` takes. */
export interface TextCommandDefinition<O extends Options, Question, Answer> extends OutputLayout<Answer> {
  /** Name of its positional arguments. Default: `[text ...]`. */
  readonly positionals?: string;
  /** What it does and what it prints. */
  readonly about: string;
  /** Its own options. */
  readonly options: O;
  /** Whether it computes by a model. Default: it does. */
  readonly computes?: boolean;
  readonly examples: readonly string[];
  /** Checks options and texts together, before anything is loaded. @throws {UsageError} If they do not fit. */
  check?(values: Values<O>, texts: readonly string[]): void;
  /** Makes a question of fields. @throws {InputError} If they hold none. */
  question(fields: Fields, values: Values<O>): Question;
  /** Loads the model. */
  open(values: Values<O>, loading: Loading): Promise<StreamingModel<Question, Answer>>;
  /** The field that holds a bare text: an argument, a line, a column `text`. Default: `text`. */
  readonly textField?: string;
  /** What makes one answer of all, if the values say that all texts are one question. */
  gather?(values: Values<O>): Gather<Answer> | undefined;
}

/** Options of every text command. */
export const SHARED_OPTIONS = {
  ...INPUT_OPTIONS,
  ...OUTPUT_OPTIONS,
  "skip-empty": flag("leave out texts without a word"),
  "skip-bad": flag(
    "name what cannot be read or answered on standard error, and in --output, answer the rest, and exit with 1",
  ),
  timings: flag("print on standard error where the time went"),
};
