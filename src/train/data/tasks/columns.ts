/** Which columns or fields of a file hold what an example needs. */

import { InputError } from "../../../base/errors.ts";
import { quoted } from "../../../base/messages.ts";

/** Names of the columns of a table or the fields of objects; of sentences in columns the numbers of these. */
export interface DataColumns {
  /** The text. @default the first that there is of `text`, `sentence`, `sentence1`, `premise`, `question` and the like */
  text?: string;
  /** The second text of a pair. @default the partner of the first: `text_pair`, `sentence2`, `hypothesis` and the like */
  text_pair?: string;
  /** The label. @default the first that there is of `label`, `labels`, `class`, `answer` and the like */
  label?: string;
  /** Of `choose`: a list of choices, or one column for each. @default `choices`, `endings`, or `ending0`, `ending1`, … */
  choices?: string | readonly string[];
  /** Of `tag`: the words; of a CoNLL file the column's number, from 0. @default `tokens` or `words`; 0 */
  tokens?: string | number;
  /** Of `tag`: the tags; of a CoNLL file the column's number, from the last if negative. @default `tags`, `ner_tags`, …; -1 */
  tags?: string | number;
}

/** The columns of one file. */
export class FileColumns {
  readonly #names: readonly string[];

  /** @param names All columns of the file, or all fields of its first record. */
  constructor(names: readonly string[]) {
    this.#names = names;
  }

  /** Whether there is a column of that name. */
  has(name: string): boolean {
    return this.#names.includes(name);
  }

  /** The names that fit a pattern, in order. */
  matching(pattern: RegExp): string[] {
    return this.#names.filter((name) => pattern.test(name));
  }

  /**
   * The column that holds something.
   *
   * @param given The caller's name for it.
   * @throws {InputError} If there is none.
   */
  find(what: keyof DataColumns, given: string | undefined, candidates: readonly string[]): string {
    const name = given ?? candidates.find((candidate) => this.has(candidate));
    if (name !== undefined && this.has(name)) return name;
    throw this.lacks(what, given === undefined ? candidates : [given]);
  }

  /** The error that there is no column for something. */
  lacks(what: keyof DataColumns, expected: readonly string[]): InputError {
    const found = this.#names.length === 0 ? "none" : quoted(this.#names.slice(0, 20));
    const one = expected.length === 1 ? "" : "one of ";
    return new InputError(
      `must have ${one}${quoted(expected)}, got ${found}; name the right one by columns: { ${what}: "…" }`,
    );
  }
}

/** Columns with both texts of a pair. */
const PAIRS: readonly (readonly [text: string, text_pair: string])[] = [
  ["text", "text_pair"],
  ["sentence1", "sentence2"],
  ["premise", "hypothesis"],
  ["question1", "question2"],
  ["question", "sentence"],
  ["question", "passage"],
  ["query", "document"],
];

/** Columns with the only text. */
const TEXTS = ["text", "sentence", "sentence1", "premise", "question", "query", "content"];

/** The column of the only text. @throws {InputError} If there is none. */
export function findText(columns: FileColumns, given: DataColumns): string {
  return columns.find("text", given.text, TEXTS);
}

/** The column of the text, and that of its partner if there is one. @throws {InputError} If there is no text. */
export function findTexts(columns: FileColumns, given: DataColumns): { text: string; text_pair?: string } {
  if (given.text_pair !== undefined) {
    return { text: findText(columns, given), text_pair: columns.find("text_pair", given.text_pair, []) };
  }
  const pair = PAIRS.find(([text, text_pair]) => {
    return columns.has(text) && columns.has(text_pair) && (given.text ?? text) === text;
  });
  return pair === undefined ? { text: findText(columns, given) } : { text: pair[0], text_pair: pair[1] };
}
