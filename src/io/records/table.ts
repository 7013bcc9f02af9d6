/** Makes records of CSV: its first row names the fields. */

import { InputError } from "../../base/errors.ts";
import { objectOf } from "../../base/json.ts";
import { CsvParser, type CsvRecord } from "./csv.ts";
import type { Line } from "./lines.ts";
import type { Fields, FileRecord, RecordParser } from "./record.ts";

/** Options of a {@linkcode TableParser}. */
export interface TableOptions {
  /** The names of the columns, if reading begins after the header. */
  header?: readonly string[] | null;
  /** Columns that there must be. */
  required?: readonly string[];
  /** The character between fields. @default "," */
  separator?: string;
}

/**
 * A record a row of CSV; the first row names the fields. Columns without a name, which spreadsheets leave at the end, are
 * `column_3` by their place, and only in the records where they hold something.
 */
export class TableParser implements RecordParser {
  readonly #csv: CsvParser;
  readonly #required: readonly string[];
  #header: readonly string[] | null;
  /** Columns without a name. */
  #nameless: ReadonlySet<number> = new Set();

  constructor({ header = null, required = [], separator }: TableOptions = {}) {
    this.#csv = new CsvParser({ ...(separator !== undefined && { separator }), width: header?.length ?? "first" });
    this.#required = required;
    this.#header = header;
  }

  /** The names of the columns; null before they were read. */
  get header(): readonly string[] | null {
    return this.#header;
  }

  /** @throws {InputError} If the first row lacks the column that is required, or names one twice. */
  read(line: Line): FileRecord[] {
    return this.#named(this.#csv.read(line));
  }

  end(): FileRecord[] {
    return this.#named(this.#csv.end());
  }

  #named(records: readonly CsvRecord[]): FileRecord[] {
    const named: FileRecord[] = [];
    for (const record of records) {
      const { number, begin, end, fields } = record;
      if (fields instanceof InputError) named.push({ number, begin, end, fields });
      else if (this.#header !== null) named.push({ number, begin, end, fields: this.#byName(this.#header, fields) });
      else {
        this.#nameless = new Set(fields.flatMap((name, i) => name === "" ? [i] : []));
        this.#header = namesOf(fields, number, this.#required);
      }
    }
    return named;
  }

  #byName(names: readonly string[], fields: readonly string[]): Fields {
    const entries = names.map((name, i) => [name, fields[i]] as const);
    if (this.#nameless.size === 0) return objectOf(entries);
    return objectOf(entries.filter(([, field], i) => field !== "" || !this.#nameless.has(i)));
  }
}

/** A line that ends with a carriage return alone, as old Macs wrote them. */
const LONE_RETURN = /\r(?!\n)/;

/** The name of a column without one, by its place. */
function numberedName(i: number, names: readonly string[]): string {
  let name = `column_${i + 1}`;
  while (names.includes(name)) name = `${name}_`;
  return name;
}

/** The names of a header's columns. @throws {InputError} If it is wrong. */
function namesOf(fields: readonly string[], number: number, required: readonly string[]): readonly string[] {
  const fail = (problem: string) => {
    throw new InputError(`line ${number}, its header, must ${problem}`);
  };
  if (fields.some((field) => LONE_RETURN.test(field))) {
    fail(
      "end with a line feed, and the file has carriage returns alone, as old Macs wrote them; save it with line feeds",
    );
  }
  const names = fields.map((name, i) => name === "" ? numberedName(i, fields) : name);
  const got = `, got ${fields.join(", ")}`;
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) fail(`name each column once, not "${twice}" twice${got}`);
  const absent = required.find((name) => !names.includes(name));
  if (absent === undefined) return names;
  const other = OTHER_SEPARATORS.find((separator) => names.length === 1 && names[0]!.includes(separator));
  const cure = other === undefined
    ? ""
    : `; if fields are separated by ${other === "\t" ? "tabs" : `"${other}"`}, give it as separator`;
  return fail(`name a column "${absent}"${got}${cure}`);
}

/** What programs separate fields by, besides commas. */
const OTHER_SEPARATORS = [";", "\t", "|"];
