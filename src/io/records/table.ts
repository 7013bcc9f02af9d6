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

/** A record a row of CSV; the first row names the fields. */
export class TableParser implements RecordParser {
  readonly #csv: CsvParser;
  readonly #required: readonly string[];
  #header: readonly string[] | null;

  constructor({ header = null, required = [], separator }: TableOptions = {}) {
    this.#csv = new CsvParser(separator);
    this.#header = header;
    this.#required = required;
  }

  /** The names of the columns; null before they were read. */
  get header(): readonly string[] | null {
    return this.#header;
  }

  /** @throws {InputError} If the first row lacks the column that is required, or names one twice. */
  read(line: Line): FileRecord | null {
    return this.#named(this.#csv.read(line));
  }

  end(): FileRecord | null {
    return this.#named(this.#csv.end());
  }

  #named(record: CsvRecord | null): FileRecord | null {
    if (record === null) return null;
    const { fields, ...place } = record;
    if (fields instanceof InputError) return { ...place, fields };
    if (this.#header === null) {
      checkNames(fields, record.number, this.#required);
      this.#header = fields;
      return null;
    }
    const names = this.#header;
    if (fields.length === names.length) return { ...place, fields: byName(names, fields) };
    const expected = names.length === 1 ? "1 field" : `${names.length} fields`;
    const problem = `must have ${expected}, as the header of the file has, got ${fields.length}`;
    return { ...place, fields: new InputError(problem) };
  }
}

function checkNames(names: readonly string[], number: number, required: readonly string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) < i);
  const absent = required.find((name) => !names.includes(name));
  if (absent === undefined && twice === undefined) return;
  const must = twice === undefined ? `a column "${absent}"` : `each column once, not "${twice}" twice`;
  const other = OTHER_SEPARATORS.find((separator) => names.length === 1 && names[0]!.includes(separator));
  const cure = other === undefined
    ? ""
    : `; if fields are separated by ${other === "\t" ? "tabs" : `"${other}"`}, say so`;
  throw new InputError(`line ${number}, its header, must name ${must}, got ${names.join(", ")}${cure}`);
}

/** What programs separate fields by, besides commas. */
const OTHER_SEPARATORS = [";", "\t", "|"];

function byName(names: readonly string[], fields: readonly string[]): Fields {
  return objectOf(names.map((name, i) => [name, fields[i]]));
}
