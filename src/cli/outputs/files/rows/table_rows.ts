/** Rows of csv and tsv: the columns of the input as they are, and those of the answers. */

import { InputError } from "../../../../base/errors.ts";
import { quote, quoted } from "../../../../base/messages.ts";
import { CsvParser, type CsvRecord } from "../../../../io/records/csv.ts";
import { csvRow } from "../../../../io/records/csv_row.ts";
import type { Fields, FileRecord, RecordParser } from "../../../../io/records/record.ts";
import { UsageError } from "../../../options.ts";
import { cellText, type Column, freeNames } from "../../columns.ts";
import { isRefused, type Outcome } from "../../outcome.ts";
import { ERROR_COLUMNS, type RowFormat } from "./row_format.ts";

/** Most characters of a row that is read back: what a string can hold is less. */
export const MOST = 2 ** 30;

/** What decides the columns of a table. */
export interface TableChoice<Answer> {
  readonly separator: string;
  /** The columns of the input. */
  readonly given: readonly string[];
  /** Whether the input has no others: a table's header says so. */
  readonly isFixed: boolean;
  /** The columns of the answers. */
  readonly answers: readonly Column<Answer>[];
  /** Columns of the input that the answer repeats. */
  readonly repeats: readonly string[];
  /** The columns that the user has chosen; `undefined` for all. */
  readonly chosen: readonly string[] | undefined;
}

/** A column of the file. */
interface Cell<Answer> {
  readonly name: string;
  /** The column of the input that it keeps. */
  readonly kept?: string;
  /** Its text in a row. */
  text(outcome: Outcome<Answer>): string;
}

/**
 * The rows of a table.
 *
 * @param holdsErrors Whether it has the columns `line` and `error`, of what is left out.
 * @throws {UsageError} If a column is chosen that there is not.
 */
export function tableRows<Answer>(choice: TableChoice<Answer>, holdsErrors: boolean): RowFormat<Answer> {
  const { separator, given, chosen } = choice;
  const columns = columnsOf(choice, holdsErrors);
  const kept = columns.flatMap(({ kept }, i) => kept === undefined ? [] : [{ name: kept, i }]);
  const error = columns.findLastIndex(({ name }) => name === "error");
  const line = columns.findLastIndex(({ name }) => name === "line");
  return {
    head: csvRow(columns.map(({ name }) => cellText(name)), separator),
    holdsErrors,
    misfit(fields) {
      const more = chosen === undefined ? Object.keys(fields).filter((name) => !given.includes(name)) : [];
      if (more.length > 0) {
        return `must have the fields of the first record, ${
          quoted(given)
        }, which are the columns of the output, and has ` +
          `${quoted(more)} too; choose with --columns, or write a .jsonl file`;
      }
      const binary = kept.find(({ name }) => isBinary(fields[name]));
      return binary === undefined
        ? null
        : `must be text, and ${quote(binary.name)} holds a NUL character; a .jsonl file can hold it`;
    },
    row: (outcome) => csvRow(columns.map((column) => column.text(outcome)), separator),
    parser: () => new CellsParser(separator),
    match({ cells }, question) {
      const texts = cells as readonly string[];
      const isError = holdsErrors && texts[error] !== "";
      if (isError ? texts[line] !== `${question.line}` : question.given instanceof InputError) return null;
      const { given } = question;
      const isSame = kept.every(({ name, i }) =>
        texts[i] === (given instanceof InputError ? "" : cellText(given[name]))
      );
      return !isSame ? null : isError ? "refused" : "answered";
    },
  };
}

function isBinary(value: unknown): boolean {
  return typeof value === "string" && value.includes("\0");
}

function columnsOf<Answer>(
  { given, answers, repeats, chosen, isFixed }: TableChoice<Answer>,
  holdsErrors: boolean,
): Cell<Answer>[] {
  const own = answers.map(({ name }) => name);
  const kept = given.filter((name) => !repeats.includes(name));
  const names = freeNames(kept, [...own, ...(holdsErrors ? ERROR_COLUMNS : [])]);
  const all: Cell<Answer>[] = [
    ...kept.map((name, i) => keptCell(names[i]!, name)),
    ...answers.map(({ name, value }): Cell<Answer> => ({
      name,
      text: (outcome) => isRefused(outcome) ? "" : cellText(value(outcome.answer)),
    })),
  ];
  const errors: Cell<Answer>[] = !holdsErrors ? [] : [
    { name: "line", text: (outcome) => isRefused(outcome) ? `${outcome.line}` : "" },
    { name: "error", text: (outcome) => isRefused(outcome) ? cellText(outcome.problem) : "" },
  ];
  if (chosen === undefined) return [...all, ...errors];
  const picked = chosen.filter((name) => !holdsErrors || !ERROR_COLUMNS.includes(name)).map((name) => {
    const found = all.find((column) => column.name === name);
    if (found !== undefined) return found;
    if (!isFixed) return keptCell(name, name);
    throw new UsageError(
      `--columns: there is no column ${quote(name)}, only ${all.map(({ name }) => name).join(", ")}`,
    );
  });
  return [...picked, ...errors];
}

function keptCell(name: string, kept: string): Cell<unknown> {
  return { name, kept, text: ({ given }) => given === null ? "" : cellText(given[kept]) };
}

/** Reads cells by their places: names are of no use to one who knows the columns. */
class CellsParser implements RecordParser {
  readonly #csv: CsvParser;

  constructor(separator: string) {
    this.#csv = new CsvParser({ separator, width: "first", most: MOST });
  }

  read(line: Parameters<CsvParser["read"]>[0]): FileRecord[] {
    return this.#csv.read(line).map(withCells);
  }

  end(): FileRecord[] {
    return this.#csv.end().map(withCells);
  }
}

function withCells({ fields, ...place }: CsvRecord): FileRecord {
  return { ...place, fields: fields instanceof InputError ? fields : { cells: fields } };
}

/** The cells of a row that was read back. */
export function cellsOf(found: Fields): readonly string[] {
  return found.cells as readonly string[];
}
