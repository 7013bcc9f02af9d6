/** Splits bytes into lines of UTF-8 text, with bounded memory for any bytes. */

import { InputError } from "../../base/errors.ts";

/** Most bytes of a line: 8 MiB, which is a long book. */
export const MAX_LINE = 2 ** 23;

/** A line of a file. */
export interface Line {
  /** Its number, from 1. */
  number: number;
  /** How many bytes have been read with it. */
  end: number;
  /** Its text, without the line break. If it is not valid text, as much as can be decoded. */
  text: string;
  /** Why it is not valid text. */
  problem: InputError | null;
}

/**
 * The lines of a file. They end with a line feed, or a carriage return and a line feed; the last one need not. A byte
 * order mark at the beginning is left out.
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let parts: Uint8Array[] = [];
  let length = 0;
  let number = 0;
  let start = 0; // of the chunk
  const take = (part: Uint8Array) => {
    length += part.length;
    if (length <= MAX_LINE) parts.push(part);
    else parts = []; // the rest of it is read past
  };
  const finish = (end: number): Line => {
    const line = { number: ++number, end, ...decode(parts, { length, first: number === 1 }) };
    parts = [];
    length = 0;
    return line;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, from)) {
      take(chunk.subarray(from, at));
      from = at + 1;
      yield finish(start + from);
    }
    take(chunk.subarray(from));
    start += chunk.length;
  }
  if (length > 0) yield finish(start);
}

const LINE_FEED = 0x0a;

function decode(
  parts: readonly Uint8Array[],
  { length, first }: { length: number; first: boolean },
): Pick<Line, "text" | "problem"> {
  if (length > MAX_LINE) return { text: "", problem: new InputError(TOO_LONG) };
  const bytes = joined(parts, length);
  const decoded = (fatal: boolean) => new TextDecoder("utf-8", { fatal, ignoreBOM: !first }).decode(bytes);
  let text: string;
  let problem: InputError | null = null;
  try {
    text = decoded(true);
    if (text.includes("\0")) problem = new InputError("must be text, and holds a NUL character, as binary files do");
  } catch {
    text = decoded(false);
    problem = new InputError("must be UTF-8 text, and is not");
  }
  return { text: text.endsWith("\r") ? text.slice(0, -1) : text, problem };
}

const TOO_LONG = `must be at most ${MAX_LINE / 2 ** 20} MiB long, and is longer`;

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
