/** The formats of files, and the parser of each. */

import { InputError } from "../../base/errors.ts";
import { isObject, parseKeeping } from "../../base/json.ts";
import { type Columns, SentenceParser } from "./columns.ts";
import type { Line } from "./lines.ts";
import type { Fields, RecordParser } from "./record.ts";
import { type TableOptions, TableParser } from "./table.ts";

/** Name of a format; files of a format have names that end with it. */
export type DataFormat = "txt" | "jsonl" | "csv" | "tsv" | "conll";

/** All formats. */
export const DATA_FORMATS: readonly DataFormat[] = ["txt", "jsonl", "csv", "tsv", "conll"];

/** Options of {@linkcode openParser}. */
export interface ParserOptions {
  /** Of csv and tsv: the names of the columns, and one that there must be. */
  table?: TableOptions;
  /** Of jsonl: keep numbers as they are written, for fields that are printed again; see {@linkcode parseKeeping}. */
  keepText?: boolean;
  /** Of conll: which columns hold tokens and tags. */
  columns?: Columns;
}

/** A parser for the records of a format. */
export function openParser(format: DataFormat, options: ParserOptions = {}): RecordParser {
  switch (format) {
    case "txt":
      return lineParser(({ text, problem }) => problem ?? { text });
    case "jsonl":
      return lineParser((line) => line.problem ?? (line.text.trim() === "" ? null : parseJson(line, options)));
    case "csv":
      return new TableParser(options.table);
    case "tsv":
      return new TableParser({ separator: "\t", ...options.table });
    case "conll":
      return new SentenceParser(options.columns);
  }
}

/** A parser of a format in which a record is a line; `fieldsOf` gives null for a line without one. */
function lineParser(fieldsOf: (line: Line) => Fields | InputError | null): RecordParser {
  return {
    read(line) {
      const fields = fieldsOf(line);
      const { number, begin, end } = line;
      return fields === null ? [] : [{ number, begin, end, fields }];
    },
    end: () => [],
  };
}

/** A JSON string or object. */
function parseJson({ text, number }: Line, { keepText = false }: ParserOptions): Fields | InputError {
  let value: unknown;
  try {
    value = keepText && text.trimStart().startsWith("{") ? parseKeeping(text) : JSON.parse(text);
  } catch (error) {
    if (number === 1 && /^\s*\[/.test(text)) {
      return new InputError("must be a JSON object, a line each, not a list of them");
    }
    const problem = (error as Error).message.replace(/ \(line \d+ column \d+\)$/, ""); // always line 1
    return new InputError(`must be JSON, but ${problem}`);
  }
  if (typeof value === "string") return { text: value };
  if (isObject(value)) return value;
  return new InputError(`must be a JSON string or object, got ${Array.isArray(value) ? "an array" : text.trim()}`);
}
