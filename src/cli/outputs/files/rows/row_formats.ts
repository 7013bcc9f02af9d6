/** The formats that an output of rows may have: with a place for what is left out, or without. */

import { LOCAL } from "../../../../io/local/file_system.ts";
import { InputError } from "../../../../base/errors.ts";
import { csvRow } from "../../../../io/records/csv_row.ts";
import { parseRecords } from "../../../../io/records/parse.ts";
import type { Fields } from "../../../../io/records/record.ts";
import type { Column } from "../../columns.ts";
import { type JsonChoice, jsonRows } from "./json_rows.ts";
import { ERROR_COLUMNS, type RowFormat } from "./row_format.ts";
import { cellsOf, MOST, type TableChoice, tableRows } from "./table_rows.ts";

/** How an output of rows is read back, and written. */
export interface RowFormats<Answer> {
  /**
   * What reads a file back.
   *
   * @param columns Those of the answers; `null` if they are not known.
   */
  toReadBack(columns: readonly string[] | null): {
    readonly any: RowFormat<Answer>;
    /** The format by the first record; what is wrong with it, if it is of none. */
    formatOf(first: Fields): RowFormat<Answer> | string;
  };
  /**
   * What rows are written in: with a place for what is left out if there was one, or there must be.
   *
   * @param found The format of the file; `null` if there is nothing in it.
   */
  toWrite(columns: readonly Column<Answer>[], found: RowFormat<Answer> | null): RowFormat<Answer>;
  /** The text of a file, with a place for what is left out. */
  widened(path: string, format: RowFormat<Answer>, size: number): AsyncIterable<string>;
}

/** The formats of jsonl, which are one. */
export function jsonFormats<Answer>(choice: JsonChoice<Answer>): RowFormats<Answer> {
  const format = jsonRows(choice);
  return {
    toReadBack: () => ({ any: format, formatOf: () => format }),
    toWrite: () => format,
    async *widened() {},
  };
}

/**
 * The formats of tables: `skipsBad` says whether there must be a place for what is left out. A file that has one keeps it; one
 * that has none gets it when it must.
 */
export function tableFormats<Answer>(
  choice: Omit<TableChoice<Answer>, "answers">,
  skipsBad: boolean,
): RowFormats<Answer> {
  const { separator, given, chosen } = choice;
  return {
    toReadBack(columns) {
      const any = tableRows({ ...choice, chosen: undefined, answers: [] }, skipsBad);
      return {
        any,
        formatOf(first) {
          const found = cellsOf(first);
          const names = columns ?? answersIn(found, { given, chosen });
          const answers = names.map((name): Column<Answer> => ({ name, value: () => undefined }));
          const both = [skipsBad, !skipsBad].map((holdsErrors) => tableRows({ ...choice, answers }, holdsErrors));
          const head = csvRow(found, separator);
          const wanted = both[0]!.head.trimEnd();
          return both.find((format) => format.head === head) ??
            `its first line is ${head.trimEnd()} and must be ${wanted}`;
        },
      };
    },
    toWrite: (answers, found) => tableRows({ ...choice, answers }, skipsBad || (found?.holdsErrors ?? false)),
    async *widened(path, format, size) {
      yield format.head;
      let isHead = true;
      for await (
        const records of parseRecords(LOCAL.read(path), { parser: format.parser(), isTorn: true, most: MOST })
      ) {
        for (const { fields, end } of records) {
          if (!isHead && !(fields instanceof InputError) && end <= size) {
            yield csvRow([...cellsOf(fields), ...ERROR_COLUMNS.map(() => "")], separator);
          }
          isHead = false;
        }
      }
    },
  };
}

/** The columns of a file that must be those of answers. */
function answersIn(
  found: readonly string[],
  { given, chosen }: { given: readonly string[]; chosen: readonly string[] | undefined },
): readonly string[] {
  if (chosen !== undefined) return chosen.filter((name) => !given.includes(name));
  const names = found.slice(given.length);
  return ERROR_COLUMNS.every((name, i) => names.at(i - ERROR_COLUMNS.length) === name)
    ? names.slice(0, -ERROR_COLUMNS.length)
    : names;
}
