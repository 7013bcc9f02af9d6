/** Truncation: what is kept of texts that are too long, and what overflows. */

import type { Side } from "./encoding.ts";

/** A run of the tokens of a text: from `start` to before `end`. */
export interface Span {
  start: number;
  end: number;
}

/** Which text is cut; other spellings of the option are resolved before. */
export type Cut = "longest_first" | "only_first" | "only_second";

/** How much there is of a text or a pair, and how much of it may stay. */
export interface Lengths {
  /** Tokens of the first text. */
  first: number;
  /** Tokens of the second; `undefined` if there is none. */
  second?: number;
  /** Tokens that both may take together. */
  room: number;
}

/**
 * How many tokens of each text to keep.
 *
 * @throws {RangeError} If cutting the one text leaves nothing of it.
 * @throws {TypeError} If the second text must be cut, and there is none.
 */
export function keptLengths(lengths: Lengths, cut: Cut): [first: number, second: number] {
  const { first, second = 0, room } = lengths;
  if (first + second <= room) return [first, second];
  if (room === 0) return [0, 0];
  if (cut === "longest_first") return longestFirst(first, second, room);
  if (cut === "only_second" && lengths.second === undefined) {
    throw new TypeError('Cannot truncate: "only_second" cuts the second text, and there is no text_pair');
  }
  const other = cut === "only_first" ? second : first;
  if (other < room) return cut === "only_first" ? [room - other, other] : [other, room - other];
  throw new RangeError(
    `Cannot truncate: "${cut}" leaves nothing of that text, as the other has ${other} tokens ` +
      `and max_length has room for ${room} besides special tokens; use "longest_first"`,
  );
}

/**
 * How Hugging Face's fast tokenizers divide too little room between two texts: the longer one is cut first. If both must
 * be cut, each gets half, and an odd token goes to the longer one.
 */
function longestFirst(first: number, second: number, room: number): [first: number, second: number] {
  const short = Math.min(first, second, Math.floor(room / 2));
  return first <= second ? [short, room - short] : [room - short, short];
}

/**
 * Cuts a text into overlapping runs of at most `kept` tokens that cover it. They begin at the side that stays: the first
 * run is kept, the others overflow. If nothing may stay, the first is empty and the second the whole text.
 *
 * @param length Tokens of the text.
 * @param kept Tokens to keep.
 * @throws {RangeError} If `stride` is not less than `kept`.
 */
export function spans(length: number, kept: number, { stride, side }: { stride: number; side: Side }): Span[] {
  if (length <= kept) return [{ start: 0, end: length }];
  if (kept === 0) return [{ start: 0, end: 0 }, { start: 0, end: length }];
  if (stride >= kept) {
    throw new RangeError(`Cannot truncate: stride must be less than the ${kept} tokens kept of a text, got ${stride}`);
  }
  const found: Span[] = [];
  for (let done = 0; found.length === 0 || done + stride < length; done += kept - stride) {
    const [near, far] = [done, Math.min(done + kept, length)];
    found.push(side === "right" ? { start: near, end: far } : { start: length - far, end: length - near });
  }
  return found;
}
