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

const UNCLOSED = "opens a quote that it does not close";

/**
 * Makes records of the lines of a CSV file. Fields are separated by commas, or by another character that is given, or that
 * a first line such as `sep=;` names, as spreadsheets write it. A field in double quotes may hold commas, line
 * breaks and doubled quotes. Blank lines are left out. A record with a line that is no text is one error. What is not CSV is
 * an error of its first line alone, and the next line begins a record, so that a stray quote costs no others.
 */
export class CsvParser {
  /** How many fields each record must have; `null` for any number. */
  width: number | null = null;
  #separator: string;
  /** The record that goes on in the next line. */
  #open: OpenRecord | null = null;

  /** @param separator One character, neither a quote nor a line's end. */
  constructor(separator = ",") {
    this.#separator = separator;
  }

  /** The records that end with the next line. */
  *read(line: Line): Generator<CsvRecord> {
    const [, separator] = line.number === 1 && SEPARATOR_LINE.exec(line.text) || [];
    if (separator === undefined) yield* this.#readAll([line]);
    else this.#separator = separator;
  }

  /** The records of what the end of the file leaves open. */
  *end(): Generator<CsvRecord> {
    while (this.#open !== null) {
      const { lines, problem } = this.#open;
      yield errorOf(lines[0]!, problem !== null && problem.of === lines[0] ? problem.error : wrong(UNCLOSED));
      this.#open = null;
      yield* this.#readAll(lines.slice(1).reverse());
    }
  }

  /** @param waiting Lines, of which the last one comes first. */
  *#readAll(waiting: Line[]): Generator<CsvRecord> {
    for (let line = waiting.pop(); line !== undefined; line = waiting.pop()) {
      if (this.#open === null && line.text === "" && line.problem === null) continue;
      const record: OpenRecord = this.#open ?? { lines: [], length: 0, fields: [], quoted: null, problem: null };
      const { lines, fields } = record;
      lines.push(line);
      if (line.problem !== null) record.problem ??= { of: line, error: line.problem };
      let problem = readOn(record, line, this.#separator);
      const isOpen = problem === null && record.quoted !== null;
      this.#open = isOpen ? record : null;
      if (isOpen) continue;
      if (problem === null && record.problem === null) problem = this.#widthProblem(fields);
      const [first] = lines as [Line];
      if (problem === null) {
        const { number, begin } = first;
        yield { number, begin, end: line.end, fields: record.problem?.error ?? fields };
        continue;
      }
      const place = lines.length > 1 && problem !== UNCLOSED ? `${problem}, in line ${line.number}` : problem;
      yield errorOf(first, record.problem?.of === first ? record.problem.error : wrong(place));
      for (let i = lines.length - 1; i > 0; i--) waiting.push(lines[i]!); // a quote of the first line may be a stray one
    }
  }

  #widthProblem(fields: readonly string[]): string | null {
    const { width } = this;
    if (width === null || fields.length === width) return null;
    return `must have ${
      width === 1 ? "1 field" : `${width} fields`
    }, as the header of the file has, got ${fields.length}`;
  }
}

function errorOf({ number, begin, end }: Line, fields: InputError): CsvRecord {
  return { number, begin, end, fields };
}

/** @param problem What must be, or what is wrong about CSV. */
function wrong(problem: string): InputError {
  return new InputError(problem.startsWith("must") ? problem : `must be CSV, and ${problem}`);
}

/** Reads the next line of a record, and returns what is wrong with it. */
function readOn(record: OpenRecord, { text: line, lineBreak }: Line, separator: string): string | null {
  record.length += line.length + 1;
  let end = -1; // of the last field
  while (end < line.length) {
    const start = end + 1;
    const isQuoted = record.quoted !== null || line[start] === '"';
    end = isQuoted ? readQuoted(record, line, { start, lineBreak }) : readPlain(record, line, { start, separator });
    if (record.quoted !== null) return record.length > MAX_LINE ? UNCLOSED : null;
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
