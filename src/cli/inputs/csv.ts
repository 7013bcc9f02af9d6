/** Reads CSV as RFC 4180 has it, and refuses what it does not have. */

import { InputError } from "../../base/errors.ts";
import { type Line, MAX_LINE } from "./lines.ts";

/** A record of a CSV file, or why it is none. */
export interface CsvRecord {
  /** Number of the line that it begins in, from 1. */
  number: number;
  /** How many bytes have been read with it. */
  end: number;
  fields: readonly string[] | InputError;
}

/** A record as far as it has been read. */
interface OpenRecord {
  /** Number of the line that it begins in. */
  readonly number: number;
  /** Characters of its lines. */
  length: number;
  /** Its fields that are read to their end. */
  readonly fields: string[];
  /** What has been read of a quoted field that goes on in the next line; `null` where none does. */
  quoted: string | null;
  /** Why one of its lines is no text; it is read to its end all the same. */
  problem: InputError | null;
}

/**
 * The records of a CSV file. Commas part fields; a field in double quotes may hold commas, lines and, doubled, quotes.
 * Blank lines are left out. Lines within a field are parted by line feeds, whatever parts them in the file. A record
 * with a line that is no text is one error, up to its end; a line that is not CSV is one too, and the next begins a
 * record.
 */
export async function* readCsv(lines: AsyncIterable<Line>): AsyncGenerator<CsvRecord> {
  let open: OpenRecord | null = null;
  let end = 0;
  for await (const line of lines) {
    const { number, text } = line;
    end = line.end;
    if (open === null && text === "" && line.problem === null) continue;
    const record: OpenRecord = open ?? { number, length: 0, fields: [], quoted: null, problem: null };
    record.problem ??= line.problem;
    const problem = readOn(record, text);
    open = problem === null && record.quoted !== null ? record : null;
    if (open === null) yield { number: record.number, end, fields: record.problem ?? problem ?? record.fields };
  }
  if (open !== null) yield { number: open.number, end, fields: open.problem ?? UNCLOSED };
}

const UNCLOSED = new InputError("must be CSV, and opens a quote that it does not close");

/** Reads the next line of a record; gives what is wrong with it. */
function readOn(record: OpenRecord, line: string): InputError | null {
  record.length += line.length + 1;
  let end = -1; // of the last field
  while (end < line.length) {
    const start = end + 1;
    const isQuoted = record.quoted !== null || line[start] === '"';
    end = isQuoted ? readQuoted(record, line, start) : readPlain(record, line, start);
    if (record.quoted !== null) return record.length > MAX_LINE ? UNCLOSED : null;
    if (end < line.length && line[end] !== ",") {
      const field = `field ${record.fields.length}`;
      const problem = isQuoted
        ? `text after the closing quote of ${field}`
        : `a quote within ${field}, which has none around it`;
      return new InputError(`must be CSV, and has ${problem}`);
    }
  }
  return null;
}

/** Reads a field without quotes. Gives where it ends, or where a quote is in it. */
function readPlain({ fields }: OpenRecord, line: string, start: number): number {
  const comma = line.indexOf(",", start);
  const end = comma < 0 ? line.length : comma;
  const field = line.slice(start, end);
  fields.push(field);
  return field.includes('"') ? start + field.indexOf('"') : end;
}

/** Reads a field in quotes, or on in one. Gives where it ends, or the line. */
function readQuoted(record: OpenRecord, line: string, start: number): number {
  const from = record.quoted === null ? start + 1 : start;
  let quote = line.indexOf('"', from);
  while (quote >= 0 && line[quote + 1] === '"') quote = line.indexOf('"', quote + 2);
  const isClosed = quote >= 0;
  const text = (record.quoted ?? "") + line.slice(from, isClosed ? quote : undefined).replaceAll('""', '"');
  record.quoted = isClosed ? null : `${text}\n`;
  if (isClosed) record.fields.push(text);
  return isClosed ? quote + 1 : line.length;
}
