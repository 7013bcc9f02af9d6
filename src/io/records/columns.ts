/** Reads sentences in columns, as the shared tasks of CoNLL have them. */

import { InputError } from "../../base/errors.ts";
import { type Line, MAX_LINE } from "./lines.ts";
import type { FileRecord, RecordParser } from "./record.ts";

/** Which columns hold tokens and tags, from 0; negative ones count from the last. */
export interface Columns {
  /** That of tokens. @default 0 */
  tokens?: number;
  /** That of tags. @default -1 */
  tags?: number;
}

/** Stands between documents. */
const BETWEEN_DOCUMENTS = "-DOCSTART-";

/** A sentence that is being read. */
interface OpenSentence {
  readonly first: Line;
  /** Where the line after its last one begins. */
  end: number;
  readonly tokens: string[];
  readonly tags: string[];
  problem: InputError | null;
}

/**
 * Makes records `{ tokens, tags }` of lines with a token each: columns parted by tabs, or in a line without one by spaces.
 * A blank line ends a sentence; lines that begin with `-DOCSTART-` are left out. A sentence with a line that is no text or
 * has another number of columns than its first one is one error.
 */
export class SentenceParser implements RecordParser {
  readonly #tokens: number;
  readonly #tags: number;
  /** How many columns there must be. */
  readonly #least: number;
  #open: OpenSentence | null = null;
  /** Columns of the first line of the sentence. */
  #width = 0;

  constructor({ tokens = 0, tags = -1 }: Columns = {}) {
    this.#tokens = tokens;
    this.#tags = tags;
    this.#least = Math.max(2, ...[tokens, tags].map((column) => column < 0 ? -column : column + 1));
  }

  read(line: Line): FileRecord[] {
    const text = line.text.trim();
    if (line.problem === null && (text === "" || isBetweenDocuments(text))) return this.end();
    this.#open ??= { first: line, end: line.end, tokens: [], tags: [], problem: null };
    this.#open.end = line.end;
    this.#open.problem ??= this.#take(this.#open, line, text);
    return [];
  }

  end(): FileRecord[] {
    const open = this.#open;
    if (open === null) return [];
    this.#open = null;
    const { first: { number, begin }, end, tokens, tags, problem } = open;
    return [{ number, begin, end, fields: problem ?? { tokens, tags } }];
  }

  /** Adds the token of a line to a sentence, and returns what is wrong with it. */
  #take(sentence: OpenSentence, line: Line, text: string): InputError | null {
    const { first, tokens, tags } = sentence;
    const wrong = (problem: string) =>
      new InputError(line.number === first.number ? problem : `${problem}, in line ${line.number}`);
    if (line.problem !== null) return wrong(line.problem.message);
    if (line.end - first.begin > MAX_LINE) {
      const cure = "a blank line ends a sentence";
      return new InputError(`must be a sentence of at most ${MAX_LINE / 2 ** 20} MiB, and is longer; ${cure}`);
    }
    const cells = cellsOf(text);
    if (tokens.length === 0) this.#width = cells.length;
    if (cells.length < this.#least) return wrong(`must have ${this.#least} columns at least, got ${cells.length}`);
    if (cells.length !== this.#width) {
      return wrong(`must have ${this.#width} columns, as its first line has, got ${cells.length}`);
    }
    tokens.push(cells.at(this.#tokens) as string);
    tags.push(cells.at(this.#tags) as string);
    return null;
  }
}

function isBetweenDocuments(text: string): boolean {
  if (!text.startsWith(BETWEEN_DOCUMENTS)) return false;
  return text.length === BETWEEN_DOCUMENTS.length || /\s/.test(text.charAt(BETWEEN_DOCUMENTS.length));
}

/** The cells of a line. A regular expression would take half of the time of reading. */
function cellsOf(text: string): string[] {
  if (text.includes("\t")) return text.split("\t").map((cell) => cell.trim());
  return text.includes("  ") ? text.split(/ +/) : text.split(" ");
}
