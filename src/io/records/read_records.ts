/** The records of a file or of a stream, one by one. */

import { InputError } from "../../base/errors.ts";
import { describe, kindOf, quoted } from "../../base/messages.ts";
import { checkOptionNames } from "../../base/options.ts";
import type { Columns } from "./columns.ts";
import { isSeparator } from "./csv.ts";
import { type DataFile, formatOfName, openByteSource } from "./data_file.ts";
import { DATA_FORMATS, type DataFormat, openParser } from "./formats.ts";
import { parseRecords } from "./parse.ts";
import type { RecordParser } from "./record.ts";

/** Where records come from: a path, a `file:` URL, a `File`, or bytes in parts, as of standard input or of a response. */
export type RecordSource = DataFile | AsyncIterable<Uint8Array>;

/** Options of {@linkcode readRecords}. */
export interface ReadOptions {
  /** What the source holds. It must be given for a stream of bytes. @default what the file's name ends with */
  format?: DataFormat;
  /** Of `csv`: the character between fields. @default ",", or what a first line such as `sep=;` names */
  separator?: string;
  /** Of `conll`: which columns hold tokens and tags. */
  columns?: Columns;
  /**
   * What happens if a record cannot be read: `throw` ends the reading with its error, `yield` gives a {@linkcode BadRecord}
   * in its place, and the next line begins a record. @default "throw"
   */
  errors?: "throw" | "yield";
}

/** A record of a file. */
export interface DataRecord {
  /** Number of the line that it begins in, from 1. */
  readonly line: number;
  /**
   * Its fields: `{ text }` of a line of `txt`, `{ tokens, tags }` of a sentence of `conll`, the columns of a row by their
   * names as strings, an object of `jsonl` as it is (a bare string is `{ text }`).
   */
  readonly fields: Readonly<Record<string, unknown>>;
  /** None. */
  readonly error?: undefined;
}

/** The place of a record that cannot be read. */
export interface BadRecord {
  /** Number of the line that it begins in, from 1. */
  readonly line: number;
  /** What is wrong with it; the message names the file and the line. */
  readonly error: InputError;
  /** None. */
  readonly fields?: undefined;
}

const ACTION = "read records";

/** The records of a source in their order, and a {@linkcode BadRecord} in place of one that cannot be read. */
export function readRecords(
  source: RecordSource,
  options: ReadOptions & { errors: "yield" },
): AsyncIterableIterator<DataRecord | BadRecord>;
/**
 * The records of a source in their order. It is read in parts: memory is bounded by the longest record, of 8 MiB at most.
 *
 * A `.txt` file holds a text a line, a `.jsonl` file an object or a string a line, a `.csv` or `.tsv` file a header and rows
 * (RFC 4180, which has line breaks within quotes), a `.conll` file sentences in columns. All are UTF-8.
 *
 * @param source A path needs read permission.
 * @throws {InputError} While it is read: if the file cannot be read, its header is wrong, or a record is, which the message
 *   names by file and line.
 * @throws {TypeError} If the source is none, an option does not fit, or there is nothing that tells the format.
 *
 * @example
 * ```ts
 * import { readRecords } from "@narrowbert/webgpu";
 *
 * const csv = new File(["id,text\n7,a large animal\n"], "animals.csv"); // or a path
 * for await (const { line, fields } of readRecords(csv)) console.log(line, fields.id, fields.text); // 2 7 a large animal
 * ```
 */
export function readRecords(source: RecordSource, options?: ReadOptions): AsyncIterableIterator<DataRecord>;
export function readRecords(
  source: RecordSource,
  options: ReadOptions = {},
): AsyncIterableIterator<DataRecord | BadRecord> {
  return read(source, { ...options, format: checkedFormat(source, options) });
}

async function* read(
  source: RecordSource,
  { format, separator, columns = {}, errors }: ReadOptions & { format: DataFormat },
): AsyncGenerator<DataRecord | BadRecord> {
  const opened = isStream(source) ? null : await openByteSource(source, ACTION);
  const parts = opened === null ? source as AsyncIterable<Uint8Array> : opened.read(0, opened.size);
  const parser = naming(
    openParser(format, { columns, table: { ...(separator !== undefined && { separator }) } }),
    opened?.name ?? "records",
  );
  const placeOf = (line: number) => opened === null ? `line ${line}` : `${opened.name}:${line}`;
  for await (const records of parseRecords(parts, { parser })) {
    for (const { number: line, fields } of records) {
      if (!(fields instanceof InputError)) yield { line, fields };
      else {
        const error = new InputError(`Cannot read ${placeOf(line)}: ${fields.message}`, { cause: fields });
        if (errors !== "yield") throw error;
        yield { line, error };
      }
    }
  }
}

/** A parser whose errors name what it reads. */
function naming(parser: RecordParser, name: string): RecordParser {
  const named = <T>(parse: () => T): T => {
    try {
      return parse();
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      throw new InputError(`Cannot read ${name}: ${error.message}`, { cause: error });
    }
  };
  return { read: (line) => named(() => parser.read(line)), end: () => named(() => parser.end()) };
}

function isStream(source: RecordSource): source is AsyncIterable<Uint8Array> {
  return typeof source === "object" && source !== null && Symbol.asyncIterator in source;
}

/** Checks what is asked for, and tells the format. */
function checkedFormat(source: RecordSource, options: ReadOptions): DataFormat {
  const fail = (problem: string) => {
    throw new TypeError(`Cannot ${ACTION}: ${problem}`);
  };
  checkOptionNames(ACTION, options, ["format", "separator", "columns", "errors"]);
  const { format, separator, errors = "throw" } = options;
  if (errors !== "throw" && errors !== "yield") fail(`errors must be "throw" or "yield", got ${describe(errors)}`);
  if (separator !== undefined && !isSeparator(separator)) {
    fail(`separator must be one character, no quote and no line break, got ${describe(separator)}`);
  }
  if (format !== undefined && !DATA_FORMATS.includes(format)) {
    fail(`format must be one of ${quoted(DATA_FORMATS)}, got ${describe(format)}`);
  }
  const name = source instanceof File ? source.name : source;
  const isNamed = typeof name === "string" || name instanceof URL;
  if (!isNamed && !isStream(source)) {
    fail(`the source must be a path, a file: URL, a File or an async iterable of bytes, got ${kindOf(source)}`);
  }
  const found = format ?? (isNamed ? formatOfName(`${name}`) : null);
  if (found !== null && separator !== undefined && found !== "csv") fail(`separator is for csv, got ${found}`);
  return found ?? fail(
    isNamed
      ? `${name} must end with ${DATA_FORMATS.map((format) => `.${format}`).join(", ")}, or give format`
      : "give format, as a stream has no name that tells it",
  );
}
