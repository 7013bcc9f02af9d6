/** Reads CSV by RFC 4180, strictly, with any separator. */

import { InputError } from "../../base/errors.ts";
import { type Line, MAX_LINE } from "./lines.ts";

/** A record of a CSV file, or the error in its place. */
export interface CsvRecord {
  /** Number of the line that it begins in, from 1. */
  readonly number: number;
  /** Where it begins, in bytes. */
  readonly begin: number;
  /** Where what follows it begins. */
  readonly end: number;
  readonly fields: readonly string[] | InputError;
}

/** A record that is being read. */
interface OpenRecord {
  /** The line that it begins in. */
  readonly first: Line;
  /** Characters of its lines. */
  length: number;
  /** Its complete fields. */
  readonly fields: string[];
  /** The beginning of a quoted field that goes on in the next line; `null` if none does. */
  quoted: string | null;
  /** The error of a line that is no text; the record is read to its end all the same. */
  problem: InputError | null;
}

/** The line by which spreadsheets say what separates the fields of the others. */
const SEPARATOR_LINE = /^"?sep=(.)"?$/i;

const UNCLOSED = new InputError("must be CSV, and opens a quote that it does not close");

/**
 * Makes records of the lines of a CSV file. Fields are separated by commas, or by another character that is given, or that
 * a first line such as `sep=;` names, as spreadsheets write it. A field in double quotes may hold commas, line
 * breaks and doubled quotes; its line breaks become line feeds. Blank lines are left out. A record with a line that is no
 * text is one error. A line that is not CSV is one error too, and the next line begins a record.
 */
export class CsvParser {
  #separator: string;
  /** The record that goes on in the next line. */
  #open: OpenRecord | null = null;
  #end = 0;

  /** @param separator One character, neither a quote nor a line's end. */
  constructor(separator = ",") {
    this.#separator = separator;
  }

  /** Takes the next line, and returns the record that ends with it; null if none does. */
  read(line: Line): CsvRecord | null {
    this.#end = line.end;
    const [, separator] = line.number === 1 && SEPARATOR_LINE.exec(line.text) || [];
    if (separator !== undefined) {
      this.#separator = separator;
      return null;
    }
    if (this.#open === null && line.text === "" && line.problem === null) return null;
    const record: OpenRecord = this.#open ??
      { first: line, length: 0, fields: [], quoted: null, problem: null };
    record.problem ??= line.problem;
    const problem = readOn(record, line.text, this.#separator);
    this.#open = problem === null && record.quoted !== null ? record : null;
    return this.#open === null ? this.#recordOf(record, record.problem ?? problem ?? record.fields) : null;
  }

  /** The record that the end of the file leaves open. */
  end(): CsvRecord | null {
    const open = this.#open;
    this.#open = null;
    return open === null ? null : this.#recordOf(open, open.problem ?? UNCLOSED);
  }

  #recordOf({ first: { number, begin } }: OpenRecord, fields: CsvRecord["fields"]): CsvRecord {
    return { number, begin, end: this.#end, fields };
  }
}

/** Reads the next line of a record, and returns what is wrong with it. */
function readOn(record: OpenRecord, line: string, separator: string): InputError | null {
  record.length += line.length + 1;
  let end = -1; // of the last field
  while (end < line.length) {
    const start = end + 1;
    const isQuoted = record.quoted !== null || line[start] === '"';
    end = isQuoted ? readQuoted(record, line, start) : readPlain(record, line, { start, separator });
    if (record.quoted !== null) return record.length > MAX_LINE ? UNCLOSED : null;
    if (end < line.length && line[end] !== separator) {
      const field = `field ${record.fields.length}`;
      const problem = isQuoted
        ? `text after the closing quote of ${field}`
        : `a quote within ${field}, which has none around it`;
      return new InputError(`must be CSV, and has ${problem}`);
    }
  }
  return null;
}

/** Reads a field without quotes, and returns its end, or the index of a quote in it. */
function readPlain(
  { fields }: OpenRecord,
  line: string,
  { start, separator }: { start: number; separator: string },
): number {
  const next = line.indexOf(separator, start);
  const end = next < 0 ? line.length : next;
  const field = line.slice(start, end);
  fields.push(field);
  return field.includes('"') ? start + field.indexOf('"') : end;
}

/** Reads a field in quotes, or the next line of one, and returns its end, or the end of the line. */
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
