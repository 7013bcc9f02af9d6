/** Reads an output back, and holds its rows against the questions. */

import { InputError } from "../../../../base/errors.ts";
import { LOCAL } from "../../../../io/local/file_system.ts";
import { parseRecords } from "../../../../io/records/parse.ts";
import type { Fields } from "../../../../io/records/record.ts";
import type { InputItem } from "../../../inputs/inputs.ts";
import { UsageError } from "../../../options.ts";
import type { Ahead } from "./ahead.ts";
import type { RowFormat } from "./row_format.ts";
import { MOST } from "./table_rows.ts";

/** What an output has. */
export interface Kept<Answer> {
  /** Bytes up to the end of its last whole row. */
  readonly size: number;
  /** Rows, and how many of them are of what is left out. */
  readonly rows: number;
  readonly refused: number;
  /** How far the input is read with them. */
  readonly end: number;
  /** The format that it has; `null` if there is nothing of it. */
  readonly format: RowFormat<Answer> | null;
}

/** Why an output cannot be gone on with. */
export function notResumed(path: string, problem: string): UsageError {
  return new UsageError(
    `--resume cannot go on with ${path}: ${problem}; choose another --output, or give what it was begun with`,
  );
}

/**
 * Holds the rows of an output against the questions, which are taken so far.
 *
 * @param formatOf The format by the first record of the file; `null` if it is of no format that is expected.
 * @throws {UsageError} If a row is of another question, or cannot be read.
 */
export async function holdAgainst<Answer>(
  path: string,
  questions: Ahead<InputItem>,
  { any, formatOf }: { any: RowFormat<Answer>; formatOf(first: Fields): RowFormat<Answer> | string },
): Promise<Kept<Answer>> {
  let format: RowFormat<Answer> | null = null;
  let [size, rows, refused, end] = [0, 0, 0, 0];
  const fail = (problem: string) => {
    throw notResumed(path, problem);
  };
  for await (const records of parseRecords(LOCAL.read(path), { parser: any.parser(), isTorn: true, most: MOST })) {
    for (const record of records) {
      const { number, fields: found } = record;
      if (found instanceof InputError) throw notResumed(path, `its line ${number} ${found.message}`);
      size = record.end;
      if (format === null) {
        const chosen = formatOf(found);
        if (typeof chosen === "string") throw notResumed(path, chosen);
        format = chosen;
        if (format.head !== "") continue;
      }
      const question = await questions.next();
      if (question === undefined) return fail(`it has ${rows + 1} rows or more, and the input only ${rows}`);
      const match = format.match(found, question);
      const place = question.place ?? `text ${question.index + 1}`;
      if (match === null) fail(`its line ${number} is not of ${place}, as the input has changed, or the output`);
      if (match === "refused") refused++;
      rows++;
      end = question.end;
    }
  }
  return { size, rows, refused, end, format };
}
