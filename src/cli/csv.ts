/** Reads CSV as RFC 4180 has it, and refuses what it does not have. */

import { InputError } from "../base/errors.ts";
import { type Line, MAX_LINE } from "./lines.ts";

/** A record of a CSV file, or why it is none. */
export interface CsvRecord {
  /** Number of the line that it begins in, from 1. */
  number: number;
  /** How many bytes have been read with it. */
  end: number;
  fields: readonly string[] | InputError;
}

/**
 * The records of a CSV file. Commas part fields; a field in double quotes may hold commas, lines and, doubled, quotes.
 * Blank lines are left out. Lines within a field are parted by line feeds, whatever parts them in the file.
 */
export async function* readCsv(lines: AsyncIterable<Line>): AsyncGenerator<CsvRecord> {
  let open: { number: number; end: number; text: string } | null = null; // a record whose last field goes on
  for await (const { number, end, text } of lines) {
    if (text instanceof InputError) {
      open = null;
      yield { number, end, fields: text };
      continue;
    }
    if (open === null && text === "") continue;
    const record: { number: number; end: number; text: string } = open === null
      ? { number, end, text }
      : { number: open.number, end, text: `${open.text}\n${text}` };
    const wasOpen: boolean = open !== null;
    // An odd number of quotes opens or closes a field.
    const isOpen = wasOpen !== (text.split('"').length % 2 === 0);
    open = null;
    if (!isOpen) yield { number: record.number, end, fields: fieldsOf(record.text) };
    else if (record.text.length <= MAX_LINE) open = record;
    else yield { number: record.number, end, fields: UNCLOSED };
  }
  if (open !== null) yield { number: open.number, end: open.end, fields: UNCLOSED };
}

const UNCLOSED = new InputError("must be CSV, and opens a quote that it does not close");

/** The fields of a record whose quotes are even in number. */
function fieldsOf(record: string): string[] | InputError {
  const fields: string[] = [];
  for (let at = 0; at <= record.length;) {
    const end = record[at] === '"' ? endOfQuoted(record, at) : endOfPlain(record, at);
    const field = record.slice(at, end);
    const quoted = field.startsWith('"');
    if (!quoted && field.includes('"')) {
      return new InputError(`must be CSV, and has a quote within field ${fields.length + 1}, which has none around it`);
    }
    if (end < record.length && record[end] !== ",") {
      return new InputError(`must be CSV, and has text after the closing quote of field ${fields.length + 1}`);
    }
    fields.push(quoted ? field.slice(1, -1).replaceAll('""', '"') : field);
    at = end + 1;
  }
  return fields;
}

function endOfPlain(record: string, at: number): number {
  const comma = record.indexOf(",", at);
  return comma < 0 ? record.length : comma;
}

/** The index after the closing quote: the first that is not doubled. */
function endOfQuoted(record: string, at: number): number {
  let quote = record.indexOf('"', at + 1);
  while (record[quote + 1] === '"') quote = record.indexOf('"', quote + 2);
  return quote + 1;
}
