/** A table with a row for each of the things that the answer to all texts lists. */

import { entriesOf, objectOf } from "../../../base/json.ts";
import { csvRow } from "../../../io/records/csv_row.ts";
import type { Fields } from "../../../io/records/record.ts";
import { cellText, freeNames } from "../columns.ts";
import { isRefused, type Outcome } from "../outcome.ts";
import { ERROR_COLUMNS } from "./rows/row_format.ts";
import { collected, type WholeFormat } from "./whole_output.ts";

/** What an answer lists. */
export interface Listing<Answer> {
  /** The columns of the answer, in their order. */
  readonly columns: readonly string[];
  /** Fields of a text that the answer repeats. */
  readonly repeats: readonly string[];
  /** The rows of an answer: its columns, and the further fields of a text, under names that differ from these. */
  rows(answer: Answer): readonly Fields[];
}

/** What decides the columns of the table. */
export interface ListingChoice {
  readonly separator: string;
  /** The columns that the user has chosen; `undefined` for all. */
  readonly chosen: readonly string[] | undefined;
  /** Whether it has the columns `line` and `error`, of what is left out. */
  readonly holdsErrors: boolean;
}

/** A row in its parts. */
interface ListedRow {
  /** What is asked about all texts. */
  readonly asked: Fields;
  /** The further fields of the text. */
  readonly given: Fields;
  /** What the answer says, or in place of it `line` and `error`. */
  readonly own: Fields;
}

/** The table: what is asked, the fields of the texts, the columns of the answer, and those of what is left out. */
export function listedTable<Answer>(
  listing: Listing<Answer>,
  { separator, chosen, holdsErrors }: ListingChoice,
): WholeFormat<Answer> {
  const errors = holdsErrors ? ERROR_COLUMNS : [];
  return collected((outcomes) => {
    const rows = outcomes.flatMap((outcome) => rowsOf(outcome, listing));
    const asked = namesIn(rows.map((row) => row.asked));
    const given = namesIn(rows.map((row) => row.given));
    const found = new Set(namesIn(rows.map((row) => row.own)));
    const free = freeNames(given, [...asked, ...listing.columns, ...errors]);
    const freeOf = new Map(given.map((name, i) => [name, free[i]!]));
    const all = [...asked, ...free, ...listing.columns.filter((name) => found.has(name))];
    const names = [...(chosen?.filter((name) => !errors.includes(name)) ?? all), ...errors];
    const cells = rows.map((row) => {
      const fields = objectOf([
        ...entriesOf(row.asked),
        ...entriesOf(row.given).map(([name, value]): [string, unknown] => [freeOf.get(name)!, value]),
        ...entriesOf(row.own),
      ]);
      return names.map((name) => cellText(fields[name]));
    });
    return [names.map(cellText), ...cells].map((row) => csvRow(row, separator)).join("");
  });
}

function rowsOf<Answer>(outcome: Outcome<Answer>, { columns, repeats, rows }: Listing<Answer>): ListedRow[] {
  if (!isRefused(outcome)) {
    return rows(outcome.answer).map((row) => {
      const [own, given] = parted(row, columns);
      return { asked: outcome.fields, given, own };
    });
  }
  const [repeated, further] = parted(outcome.fields ?? outcome.given ?? {}, repeats);
  const [names, values] = [Object.keys(further), Object.values(further)];
  const given = objectOf(freeNames(names, columns).map((name, i) => [name, values[i]])); // as in the rows of answers
  return [{ asked: {}, given, own: { ...repeated, line: outcome.line, error: outcome.problem } }];
}

/** The fields of some names, and the others. */
function parted(fields: Fields, names: readonly string[]): [those: Fields, others: Fields] {
  const isThat = ([name]: readonly [string, unknown]) => names.includes(name);
  return [
    objectOf(entriesOf(fields).filter(isThat)),
    objectOf(entriesOf(fields).filter((entry) => !isThat(entry))),
  ];
}

/** The names of the fields that any of some objects has. */
function namesIn(all: readonly Fields[]): string[] {
  return [...new Set(all.flatMap((fields) => entriesOf(fields).map(([name]) => name)))];
}
