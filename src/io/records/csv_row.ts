/** Writes CSV by RFC 4180, but for lines that end with a line feed. */

/** What must be in quotes, whatever separates fields; a byte order mark at the beginning of a file would be left out. */
const QUOTED = /["\r\n]|^\ufeff/;

/**
 * A row of CSV with its line feed. Its fields are read back as they are, by `readRecords` and by any reader that
 * keeps to RFC 4180.
 *
 * @param separator One character, neither a quote nor a line break.
 *
 * @example
 * ```ts
 * import { csvRow } from "@narrowbert/webgpu";
 *
 * console.log(csvRow(["7", 'a "large", grey animal'])); // 7,"a ""large"", grey animal"
 * ```
 */
export function csvRow(fields: readonly string[], separator = ","): string {
  if (fields.length === 1 && fields[0] === "") return '""\n'; // a blank line would be no row
  const text = fields.map((field) =>
    QUOTED.test(field) || field.includes(separator) ? `"${field.replaceAll('"', '""')}"` : field
  );
  return `${text.join(separator)}\n`;
}
