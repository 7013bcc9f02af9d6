/** Makes records of the lines of a file: objects with a text and any further fields. */

import { InputError } from "../../base/errors.ts";
import { isObject } from "../../base/json.ts";
import { readCsv } from "./csv.ts";
import type { Line } from "./lines.ts";

/** The fields of one question to the model by name; most questions are in `text`. */
export type Fields = Readonly<Record<string, unknown>>;

/** A record of a file, or the error in its place. */
export interface FileRecord {
  /** Number of the line that it begins in, from 1. */
  number: number;
  /** How many bytes have been read with it. */
  end: number;
  fields: Fields | InputError;
}

/** Reads the records of a file. */
type RecordReader = (lines: AsyncIterable<Line>) => AsyncIterable<FileRecord>;

/** The formats of files, by the extension of a file's name. */
export const FORMATS = {
  txt: readTexts,
  jsonl: readJsonLines,
  csv: readTable,
} satisfies Record<string, RecordReader>;

/** Name of a format. */
export type Format = keyof typeof FORMATS;

/** A text a line. */
async function* readTexts(lines: AsyncIterable<Line>): AsyncGenerator<FileRecord> {
  for await (const { text, problem, ...line } of lines) yield { ...line, fields: problem ?? { text } };
}

/** A JSON string or object a line; blank lines are left out. */
async function* readJsonLines(lines: AsyncIterable<Line>): AsyncGenerator<FileRecord> {
  for await (const { text, problem, ...line } of lines) {
    if (problem !== null) yield { ...line, fields: problem };
    else if (text.trim() !== "") yield { ...line, fields: parseJson(text) };
  }
}

function parseJson(text: string): Fields | InputError {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const problem = (error as Error).message.replace(/ \(line \d+ column \d+\)$/, ""); // always line 1
    return new InputError(`must be JSON, but ${problem}`);
  }
  if (typeof value === "string") return { text: value };
  if (isObject(value)) return value;
  return new InputError(`must be a JSON string or object, got ${Array.isArray(value) ? "an array" : value}`);
}

/**
 * A record a row; the first row names the fields.
 *
 * @throws {InputError} If the first row names no `text`, or a name twice.
 */
async function* readTable(lines: AsyncIterable<Line>): AsyncGenerator<FileRecord> {
  let names: readonly string[] | null = null;
  for await (const { fields, ...record } of readCsv(lines)) {
    if (fields instanceof InputError) yield { ...record, fields };
    else if (names === null) names = checkNames(fields, record.number);
    else if (fields.length === names.length) yield { ...record, fields: byName(names, fields) };
    else {
      const expected = names.length === 1 ? "1 field" : `${names.length} fields`;
      const problem = `must have ${expected}, as the header of the file has, got ${fields.length}`;
      yield { ...record, fields: new InputError(problem) };
    }
  }
}

function checkNames(names: readonly string[], number: number): readonly string[] {
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (names.includes("text") && twice === undefined) return names;
  const must = twice === undefined ? 'a column "text"' : `each column once, not "${twice}" twice`;
  throw new InputError(`line ${number}, its header, must name ${must}, got ${names.join(", ")}`);
}

function byName(names: readonly string[], fields: readonly string[]): Fields {
  return Object.fromEntries(names.map((name, i) => [name, fields[i]]));
}
