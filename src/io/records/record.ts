/** The records of files, and what makes them of lines. */

import type { InputError } from "../../base/errors.ts";
import type { Line } from "./lines.ts";

/** The fields of a record by name. */
export type Fields = Readonly<Record<string, unknown>>;

/** A record of a file, or the error in its place. */
export interface FileRecord {
  /** Number of the line that it begins in, from 1. */
  readonly number: number;
  /** Where it begins, in bytes; all before it belongs to earlier records. */
  readonly begin: number;
  /** How many bytes have been read with it. */
  readonly end: number;
  readonly fields: Fields | InputError;
}

/** Makes records of lines, which come one by one. */
export interface RecordParser {
  /**
   * Takes the next line, and returns the records that end with it.
   *
   * @throws {InputError} If the file cannot be read at all.
   */
  read(line: Line): Iterable<FileRecord>;
  /** The records of what the end of the file leaves open. */
  end(): Iterable<FileRecord>;
}
