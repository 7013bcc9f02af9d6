/** Where the answers of a command go: what is asked is decided by what is there already. */

import type { Fields } from "../../../io/records/record.ts";
import type { InputItem } from "../../inputs/inputs.ts";
import type { Column } from "../columns.ts";
import type { AnswerOutput } from "../outcome.ts";

/** What an output must know of a loaded model. */
export interface AnsweringParts<Answer> {
  /** The columns of its answers in a table. */
  readonly columns: readonly Column<Answer>[];
  /** Checksums of all that its answers depend on, by name. */
  digests(): Promise<Record<string, string>>;
  /** What a file of its answers says about it. */
  metadata?(): Promise<Record<string, string>>;
}

/** An output that may refuse questions. */
export interface OpenOutput<Answer> extends AnswerOutput<Answer> {
  /** Why a question has no place in it; `null` if it has. */
  misfit?(given: Fields): string | null;
}

/** Where the answers of a command go. Disposing of it closes what was not ended. */
export interface Destination<Item extends InputItem, Answer> extends AsyncDisposable {
  /** The questions that are not answered there. */
  readonly questions: AsyncIterable<Item>;
  /**
   * What is there already. `rows`: how many questions are answered or left out. `refused`: how many of these are left out.
   * `end`: where the input goes on behind them, as {@linkcode InputItem.end} of the last one.
   */
  readonly done: { readonly rows: number; readonly refused: number; readonly end: number };
  /** Whether there is nothing to do. */
  readonly isComplete: boolean;
  /** Whether what is put must have no gaps, as a later run goes on behind it. */
  readonly isUnbroken: boolean;
  /** Checks that what is complete has answers as a model gives them. @throws {UsageError} If it has others. */
  check?(model: AnsweringParts<Answer>): void;
  /** Opens it for the answers of a model. */
  open(model: AnsweringParts<Answer>): Promise<OpenOutput<Answer>>;
}

/** A destination that begins with nothing, and keeps nothing open. */
export function freshDestination<Item extends InputItem, Answer>(
  questions: AsyncIterable<Item>,
  open: (model: AnsweringParts<Answer>) => OpenOutput<Answer>,
): Destination<Item, Answer> {
  return {
    questions,
    done: { rows: 0, refused: 0, end: 0 },
    isComplete: false,
    isUnbroken: false,
    open: (model) => Promise.resolve(open(model)),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
