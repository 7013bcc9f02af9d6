/** The examples of files: scanned once, and read again by blocks. */

import { InputError } from "../../../base/errors.ts";
import { type DataFormat, openParser } from "../../../io/records/formats.ts";
import { parseRecords } from "../../../io/records/parse.ts";
import type { Fields, FileRecord } from "../../../io/records/record.ts";
import { TableParser } from "../../../io/records/table.ts";
import type { DataExample, Example } from "../examples.ts";
import { type DataColumns, FileColumns } from "../tasks/columns.ts";
import type { ReadExample, TaskReader } from "../tasks/task.ts";
import type { Store } from "./blocks.ts";
import type { OpenFile } from "./data_files.ts";
import { type FileBlock, FileBlocks } from "./file_blocks.ts";
import type { Fingerprint } from "./fingerprint.ts";
import type { Scan } from "./scan.ts";

/** A file whose columns are known. */
interface ScannedFile<E extends Example> extends OpenFile {
  readonly read: ReadExample<E>;
  /** Of a table: the names of its columns. */
  readonly header: readonly string[] | null;
}

/** How a file is read for the first time. */
export interface FileScan<E extends Example> {
  readonly scan: Scan<E>;
  /** Is told how many bytes have been read. */
  onBytes(count: number): void;
  readonly signal: AbortSignal | undefined;
}

/** The examples of files. It keeps nothing of them but where blocks begin. */
export class FileStore<E extends Example> implements Store<FileBlock> {
  readonly #reader: TaskReader<E>;
  readonly #columns: DataColumns;
  readonly #files: ScannedFile<E>[] = [];
  readonly #blocks = new FileBlocks();

  constructor({ reader, columns }: { reader: TaskReader<E>; columns: DataColumns }) {
    this.#reader = reader;
    this.#columns = columns;
  }

  get blocks(): readonly FileBlock[] {
    return this.#blocks.all;
  }

  /**
   * Adds the examples of a file.
   *
   * @throws {InputError} If it cannot be read, lacks a column, holds no example, or there are too many problems.
   */
  async add(file: OpenFile, { scan, onBytes, signal }: FileScan<E>): Promise<void> {
    const { source, format } = file;
    const parser = openParser(format, { columns: sentenceColumns(this.#columns, format) });
    const parts = watched(source.read(0, source.size), { fingerprint: scan.fingerprint, onBytes });
    const before = this.#blocks.examples;
    let read: ReadExample<E> | null = null;
    for await (const records of parseRecords(parts, { parser })) {
      for (const record of records) {
        if (isBlank(record, format)) continue;
        try {
          const fields = fieldsOf(record);
          read ??= this.#open(file, record, fields);
          scan.take(read(fields));
          this.#blocks.add(this.#files.length, record);
        } catch (error) {
          if (!(error instanceof InputError) || error instanceof ColumnError) throw error;
          scan.problems.add(placeOf(file, record), error);
        }
      }
      signal?.throwIfAborted();
    }
    if (this.#blocks.examples === before && scan.problems.count === 0) {
      throw new InputError(`Cannot use the data: ${source.name} holds no example`);
    }
    if (read !== null) {
      this.#files.push({ ...file, read, header: parser instanceof TableParser ? parser.header : null });
    }
  }

  async read({ file, offset, line, first, count, bytes }: FileBlock): Promise<DataExample<E>[]> {
    const scanned = this.#files[file] as ScannedFile<E>;
    const { source, format, header, read } = scanned;
    const parser = openParser(format, { table: { header }, columns: sentenceColumns(this.#columns, format) });
    const parts = source.read(offset, offset + bytes);
    const examples: DataExample<E>[] = [];
    for await (const records of parseRecords(parts, { parser, from: { line, offset } })) {
      for (const record of records) {
        if (isBlank(record, format)) continue;
        const number = first + examples.length;
        examples.push({ number, place: placeOf(scanned, record), example: read(fieldsOf(record)) });
      }
    }
    if (examples.length === count) return examples;
    throw new InputError(`Cannot read ${source.name}: it changed since it was opened; open the data again`);
  }

  /** How the records of a file are read, by the names of the first one. @throws {ColumnError} If one is missing. */
  #open(file: OpenFile, record: FileRecord, fields: Fields): ReadExample<E> {
    // The fields of a sentence in columns have names of their own.
    const { tokens: _tokens, tags: _tags, ...others } = this.#columns;
    const given = file.format === "conll" ? others : this.#columns;
    try {
      return this.#reader.open(new FileColumns(Object.keys(fields)), given);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      throw new ColumnError(`Cannot use the data: ${placeOf(file, record)} ${error.message}`, { cause: error });
    }
  }
}

/** A file lacks a column, so that none of its records can be read. */
class ColumnError extends InputError {}

/** The fields of a record. @throws {InputError} If it is an error. */
function fieldsOf({ fields }: FileRecord): Fields {
  if (fields instanceof InputError) throw fields;
  return fields;
}

/** Where a record is, such as `train.csv:12`. */
function placeOf({ source }: OpenFile, { number }: FileRecord): string {
  return `${source.name}:${number}`;
}

/** A blank line of a text file parts paragraphs; it is no example. */
function isBlank({ fields }: FileRecord, format: DataFormat): boolean {
  return format === "txt" && !(fields instanceof InputError) && (fields.text as string).trim() === "";
}

/** The columns of sentences. @throws {TypeError} If they are named, but numbered in this format. */
function sentenceColumns({ tokens, tags }: DataColumns, format: DataFormat): { tokens?: number; tags?: number } {
  if (format !== "conll") return {};
  const numberOf = (name: "tokens" | "tags", column: string | number | undefined) => {
    if (column === undefined) return {};
    if (Number.isInteger(column)) return { [name]: column as number };
    throw new TypeError(`Cannot open data: columns of a CoNLL file have numbers, but ${name} is ${String(column)}`);
  };
  return { ...numberOf("tokens", tokens), ...numberOf("tags", tags) };
}

/** The parts of a file, which are counted and summed as they pass. */
async function* watched(
  parts: AsyncIterable<Uint8Array>,
  { fingerprint, onBytes }: { fingerprint: Fingerprint; onBytes(count: number): void },
): AsyncGenerator<Uint8Array> {
  for await (const part of parts) {
    fingerprint.add(part);
    yield part;
    onBytes(part.length);
  }
}
