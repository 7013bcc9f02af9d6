/** Formats of files with a row for each question, which a later run can read back and go on with. */

import { InputError } from "../../../../base/errors.ts";
import type { Fields, RecordParser } from "../../../../io/records/record.ts";
import type { InputItem } from "../../../inputs/inputs.ts";
import type { Outcome } from "../../outcome.ts";

/** What a row of a file says of a question. */
export type Match = "answered" | "refused";

/** A format with the columns of one output. */
export interface RowFormat<Answer> {
  /** What the file begins with. */
  readonly head: string;
  /** Whether rows that are left out have a place in it. */
  readonly holdsErrors: boolean;
  /** Why a question has no place in a row of it; `null` if it has. */
  misfit(given: Fields): string | null;
  /** A row, with its line feed. */
  row(outcome: Outcome<Answer>): string;
  /** Reads rows back: cells as `cells`, an object as it is. */
  parser(): RecordParser;
  /** Whether a row is that of a question; `null` if it is of another. */
  match(found: Fields, question: InputItem): Match | null;
}

/** What stands in a file in place of the answer. */
export const ERROR_COLUMNS: readonly string[] = ["line", "error"];

/**
 * Whether an object of jsonl stands in place of the answer to a question: it has these two fields, and else those of the
 * question, as far as they can be read.
 */
export function isErrorRow(found: Fields, given: Fields | InputError): boolean {
  const names = Object.keys(found);
  const fields = given instanceof InputError ? 0 : Object.keys(given).length;
  return names.length === fields + ERROR_COLUMNS.length &&
    names.slice(-ERROR_COLUMNS.length).join() === ERROR_COLUMNS.join();
}
