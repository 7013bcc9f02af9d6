/** Writes CSV by RFC 4180, but for lines that end with a line feed. */

import { kindOf, quote } from "../../base/messages.ts";
import { isSeparator } from "./csv.ts";

/** What must be in quotes, whatever separates fields; a byte order mark at the beginning of a file would be left out. */
const QUOTED = /["\r\n]|^\ufeff/;

/**
 * A row of CSV with its line feed. Its fields are read back as they are, by `readRecords` and by any reader that
 * keeps to RFC 4180. Only a header of one column that is called `sep=;`, or so, is not: spreadsheets, and `readRecords`, take
 * such a first line for the separator.
 *
 * @param fields Texts that UTF-8 can hold, without NUL characters, by which readers know binary files.
 * @param separator One character, neither a quote nor a line break.
 * @throws {TypeError} If a field or the separator is something else.
 *
 * @example
 * ```ts
 * import { csvRow } from "@narrowbert/webgpu";
 *
 * console.log(csvRow(["7", 'a "large", grey animal'])); // 7,"a ""large"", grey animal"
 * ```
 */
export function csvRow(fields: readonly string[], separator = ","): string {
  if (!isSeparator(separator)) fail(`the separator must be one character, no quote and no line break`, separator);
  fields.forEach((field, i) => {
    if (typeof field !== "string") fail(`field ${i + 1} must be a string`, field);
    if (!field.isWellFormed()) fail(`field ${i + 1} must be text without lone surrogates`, field);
    if (field.includes("\0")) fail(`field ${i + 1} must be text without NUL characters`, field);
  });
  if (fields.length === 1 && fields[0] === "") return '""\n'; // a blank line would be no row
  const text = fields.map((field) =>
    QUOTED.test(field) || field.includes(separator) ? `"${field.replaceAll('"', '""')}"` : field
  );
  return `${text.join(separator)}\n`;
}

/** @throws {TypeError} Always. */
function fail(problem: string, found: unknown): void {
  const got = typeof found === "string" ? quote(found) : kindOf(found);
  throw new TypeError(`Cannot write a row of CSV: ${problem}, got ${got}`);
}
