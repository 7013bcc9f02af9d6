/** Splits bytes into lines of UTF-8 text, with bounded memory for any bytes. */

import { InputError } from "../../base/errors.ts";
import { joined } from "../folder/file_bytes.ts";

/** Most bytes of a line: 8 MiB, which is a long book. */
export const MAX_LINE = 2 ** 23;

/** A line of a file. */
export interface Line {
  /** Its number, from 1. */
  readonly number: number;
  /** Where it begins, in bytes. */
  readonly begin: number;
  /** Where the next line begins. */
  readonly end: number;
  /** Its text, without the line break. If it is not valid text, as much as can be decoded. */
  readonly text: string;
  /** What ends it; a last line that nothing ends has a line feed. */
  readonly lineBreak: "\n" | "\r\n";
  /** Why it is not valid text. */
  readonly problem: InputError | null;
}

/** The beginning of a line in a file. */
export interface LinePlace {
  /** Number of the line, from 1. */
  readonly line: number;
  /** Where it begins, in bytes. */
  readonly offset: number;
}

/** The beginning of a file. */
export const FILE_START: LinePlace = { line: 1, offset: 0 };

const LINE_FEED = 0x0a;
const RETURN = 0x0d;
const NO_UTF8 = "must be UTF-8 text, and is not";
const BINARY = "must be text, and holds a NUL character, as binary files do";

const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const LENIENT = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Splits the bytes of a file, which come part by part, into lines. They end with a line feed, or a carriage return and a
 * line feed; the last one need not. A byte order mark at the beginning of the file is left out.
 */
export class LineSplitter {
  /** Copies of the parts of the line that is not complete; none if it is too long already. */
  #parts: Uint8Array[] = [];
  /** Bytes of that line so far. */
  #length = 0;
  /** Where it begins. */
  #begin: number;
  #number: number;
  readonly #most: number;

  /**
   * @param from The place of the first byte that comes, which begins a line.
   * @param most Most bytes of a line.
   */
  constructor({ line, offset }: LinePlace = FILE_START, most = MAX_LINE) {
    this.#number = line;
    this.#begin = offset;
    this.#most = most;
  }

  /** The lines that end in the next part of the file. The part may be written over once they are all taken. */
  *split(part: Uint8Array): Generator<Line> {
    let from = 0;
    if (this.#length > 0) {
      const first = part.indexOf(LINE_FEED);
      this.#take(first < 0 ? part : part.subarray(0, first));
      if (first < 0) return;
      from = first + 1;
      yield this.#finish(1);
    }
    const end = part.lastIndexOf(LINE_FEED) + 1;
    if (end > from) yield* this.#whole(part.subarray(from, end));
    if (Math.max(end, from) < part.length) this.#take(part.subarray(Math.max(end, from)));
  }

  /** The last line, if no line feed ends it. */
  *end(): Generator<Line> {
    if (this.#length > 0) yield this.#finish(0);
  }

  /** Lines that are complete, decoded all at once: one decoder call a line would take most of the time. */
  *#whole(bytes: Uint8Array): Generator<Line> {
    const text = bytes.length <= MAX_LINE ? decodeWhole(bytes) : null;
    if (text === null) {
      yield* this.#singly(bytes);
      return;
    }
    const isAscii = text.length === bytes.length;
    let from = 0;
    for (let at = 0, next = 0; at < bytes.length; at = next) {
      const textEnd = text.indexOf("\n", from);
      next = isAscii ? textEnd + 1 : bytes.indexOf(LINE_FEED, at) + 1;
      const begin = this.#begin;
      this.#begin += next - at;
      const hasReturn = text.charCodeAt(textEnd - 1) === RETURN && textEnd > from;
      const end = hasReturn ? textEnd - 1 : textEnd;
      const line = text.slice(begin === 0 && text.charCodeAt(from) === 0xfeff ? from + 1 : from, end);
      from = textEnd + 1;
      const lineBreak = hasReturn ? "\r\n" : "\n";
      yield { number: this.#number++, begin, end: this.#begin, text: line, lineBreak, problem: null };
    }
  }

  /** Lines that are complete, one of which is no text or too long. */
  *#singly(bytes: Uint8Array): Generator<Line> {
    let from = 0;
    for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, from)) {
      this.#take(bytes.subarray(from, at));
      from = at + 1;
      yield this.#finish(1);
    }
  }

  /** Adds bytes to the line that is not complete. */
  #take(part: Uint8Array): void {
    this.#length += part.length;
    if (this.#length <= this.#most) this.#parts.push(part.slice());
    else this.#parts = []; // the rest of it is read past
  }

  /** @param breakLength Bytes of the line feed that ends the line. */
  #finish(breakLength: 0 | 1): Line {
    const begin = this.#begin;
    this.#begin += this.#length + breakLength;
    const line = { number: this.#number++, begin, end: this.#begin, ...this.#decode(begin) };
    this.#parts = [];
    this.#length = 0;
    return line;
  }

  #decode(begin: number): Pick<Line, "text" | "lineBreak" | "problem"> {
    if (this.#length > this.#most) {
      const problem = new InputError(`must be at most ${this.#most / 2 ** 20} MiB long, and is longer`);
      return { text: "", lineBreak: "\n", problem };
    }
    const bytes = joined(this.#parts);
    let text: string;
    let problem: InputError | null = null;
    try {
      text = STRICT.decode(bytes);
      if (text.includes("\0")) problem = new InputError(BINARY);
    } catch {
      text = LENIENT.decode(bytes);
      problem = new InputError(NO_UTF8);
    }
    const start = begin === 0 && text.charCodeAt(0) === 0xfeff ? 1 : 0;
    const hasReturn = text.endsWith("\r");
    return { text: text.slice(start, hasReturn ? -1 : undefined), lineBreak: hasReturn ? "\r\n" : "\n", problem };
  }
}

/** Bytes as text; null if they are none. */
function decodeWhole(bytes: Uint8Array): string | null {
  try {
    const text = STRICT.decode(bytes);
    return text.includes("\0") ? null : text;
  } catch {
    return null;
  }
}
