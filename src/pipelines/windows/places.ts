/** Where windows stand in their text. */

import type { ReadText } from "./cut_text.ts";
import type { Run } from "./runs.ts";

/** A window's place in its text. Windows begin and end at no white space, and together hold everything else. */
export interface WindowPlace {
  /** The index of its first UTF-16 unit in the text. */
  start: number;
  /** The index after its last UTF-16 unit. */
  end: number;
  /** What stands there. */
  text: string;
  /** Of a pair, which of the two texts that is. */
  of?: "text" | "text_pair";
}

/**
 * The place of a run of a text's tokens. What belongs to no token, such as a control character, stands with the token
 * before it.
 *
 * @param skipped UTF-16 units of what stands before the caller's text: a prompt.
 */
export function placeOf({ encoding, start, end, text, pair }: ReadText, { from, to }: Run, skipped = 0): WindowPlace {
  const tokens = encoding.offset_mapping!;
  // Byte-level tokens need not be in order: a space that was added stands behind the character that it was added to.
  const own = tokens.slice(start + from, start + to);
  const first = from === 0 ? skipped : own.reduce((least, [at]) => Math.min(least, at), Infinity);
  const next = start + to === end ? text.length : tokens[start + to]![0];
  const last = own.reduce((most, [, at]) => Math.max(most, at), next);
  const part = text.slice(Math.max(first, skipped), last);
  const trimmed = part.trim();
  const begin = Math.max(first, skipped) - skipped + (part.length - part.trimStart().length);
  const place = { start: begin, end: begin + trimmed.length, text: trimmed };
  return pair === null ? place : { ...place, of: pair.side };
}
