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
  /** Its lines so far. */
  readonly lines: Line[];
  /** Characters of its lines. */
  length: number;
  /** Its complete fields. */
  readonly fields: string[];
  /** The beginning of a quoted field that goes on in the next line; `null` if none does. */
  quoted: string | null;
  /** The first line of it that is no text; the record is read to its end all the same. */
  problem: { readonly of: Line; readonly error: InputError } | null;
}

/** The line by which spreadsheets say what separates the fields of the others. */
const SEPARATOR_LINE = /^"?sep=(.)"?$/i;

/** Whether a text can separate fields: one character, neither a quote nor a line break. */
export function isSeparator(text: string): boolean {
  return /^[^"\r\n]$/.test(text);
}

const UNCLOSED = "opens a quote that it does not close";

/**
 * Makes records of the lines of a CSV file. Fields are separated by commas, or by another character that is given, or that
 * a first line such as `sep=;` names, as spreadsheets write it. A field in double quotes may hold commas, line
 * breaks and doubled quotes. Blank lines are left out. A record with a line that is no text is one error. What is not CSV is
 * an error of its first line alone, and the next line begins a record, so that a stray quote costs no others.
 */
export class CsvParser {
  #separator: string;
  /** How many fields each record must have; `"first"` for those of the first one, `null` for any number. */
  #width: number | "first" | null;
  readonly #most: number;
  /** The record that goes on in the next line. */
  #open: OpenRecord | null = null;
  /** Lines that are to be read again. */
  #again: readonly Line[] = [];

  /**
   * @param settings `separator`: one character, neither a quote nor a line's end. `most`: most characters of a record of
   *   several lines.
   */
  constructor(
    { separator = ",", width = null, most = MAX_LINE }: {
      separator?: string;
      width?: number | "first" | null;
      most?: number;
    } = {},
  ) {
    this.#separator = separator;
    this.#width = width;
    this.#most = most;
  }

  /** The records that end with the next line. */
  read(line: Line): CsvRecord[] {
    const [, separator] = line.number === 1 && SEPARATOR_LINE.exec(line.text) || [];
    if (separator !== undefined) {
      this.#separator = separator;
      return [];
    }
    const record = this.#take(line);
    if (record === null) return [];
    return this.#again.length === 0 ? [record] : this.#withAgain(record);
  }

  /** The records of what the end of the file leaves open. */
  end(): CsvRecord[] {
    const records: CsvRecord[] = [];
    for (let open = this.#open; open !== null; open = this.#open) {
      this.#open = null;
      for (const record of this.#withAgain(this.#refuse(open, UNCLOSED))) records.push(record);
    }
    return records;
  }

  /** The record that ends with a line; null if none does. */
  #take(line: Line): CsvRecord | null {
    if (this.#open === null && line.text === "" && line.problem === null) return null;
    const record: OpenRecord = this.#open ?? { lines: [], length: 0, fields: [], quoted: null, problem: null };
    const { lines, fields } = record;
    lines.push(line);
    if (line.problem !== null) record.problem ??= { of: line, error: line.problem };
    let problem = readOn(record, line, this.#separator);
    if (problem === null && record.quoted !== null && record.length > this.#most) problem = UNCLOSED;
    const isOpen = problem === null && record.quoted !== null;
    this.#open = isOpen ? record : null;
    if (isOpen) return null;
    if (problem === null && record.problem === null) problem = this.#widthProblem(fields);
    if (problem !== null) return this.#refuse(record, problem);
    const { number, begin } = lines[0] as Line;
    return { number, begin, end: line.end, fields: record.problem?.error ?? fields };
  }

  /** An error in the place of a record's first line. As a quote in that may be a stray one, the others are read again. */
  #refuse({ lines, problem: notText }: OpenRecord, problem: string): CsvRecord {
    const [first, ...others] = lines as [Line];
    this.#again = others;
    const { number, begin, end } = first;
    const place = others.length > 0 && problem !== UNCLOSED ? `, in line ${lines.at(-1)!.number}` : "";
    const must = problem.startsWith("must") ? problem : `must be CSV, and ${problem}`;
    const fields = notText?.of === first ? notText.error : new InputError(must + place);
    return { number, begin, end, fields };
  }

  /** A record, and those of the lines that are to be read again behind it. */
  #withAgain(record: CsvRecord): CsvRecord[] {
    const records = [record];
    const waiting: Line[] = []; // the last one comes first
    for (;;) {
      for (let i = this.#again.length - 1; i >= 0; i--) waiting.push(this.#again[i]!);
      this.#again = [];
      const line = waiting.pop();
      if (line === undefined) return records;
      const next = this.#take(line);
      if (next !== null) records.push(next);
    }
  }

  #widthProblem({ length }: readonly string[]): string | null {
    if (this.#width === "first") this.#width = length;
    const width = this.#width;
    if (width === null || length === width) return null;
    return `must have ${width === 1 ? "1 field" : `${width} fields`}, as the header of the file has, got ${length}`;
  }
}

/** Reads the next line of a record, and returns what is wrong with it. */
function readOn(record: OpenRecord, { text: line, lineBreak }: Line, separator: string): string | null {
  record.length += line.length + 1;
  let end = -1; // of the last field
  while (end < line.length) {
    const start = end + 1;
    const isQuoted = record.quoted !== null || line[start] === '"';
    end = isQuoted ? readQuoted(record, line, { start, lineBreak }) : readPlain(record, line, { start, separator });
    if (record.quoted !== null) return null;
    if (end < line.length && line[end] !== separator) {
      const field = `field ${record.fields.length}`;
      return isQuoted
        ? `has text after the closing quote of ${field}`
        : `has a quote within ${field}, which has none around it`;
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
function readQuoted(
  record: OpenRecord,
  line: string,
  { start, lineBreak }: { start: number; lineBreak: string },
): number {
  const from = record.quoted === null ? start + 1 : start;
  let quote = line.indexOf('"', from);
  while (quote >= 0 && line[quote + 1] === '"') quote = line.indexOf('"', quote + 2);
  const isClosed = quote >= 0;
  const text = (record.quoted ?? "") + line.slice(from, isClosed ? quote : undefined).replaceAll('""', '"');
  record.quoted = isClosed ? null : text + lineBreak;
  if (isClosed) record.fields.push(text);
  return isClosed ? quote + 1 : line.length;
}
