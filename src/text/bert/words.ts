/** BERT's pre-tokeniser: words between white space, every punctuation character a word of its own. */

import { PUNCTUATION } from "./characters.ts";
import { characterClass } from "./character_ranges.ts";

const PUNCTUATION_CLASS = characterClass(PUNCTUATION);
const WORD = new RegExp(`[${PUNCTUATION_CLASS}]|[^\\p{White_Space}${PUNCTUATION_CLASS}]+`, "gu");

/** The words of a normalised text with their UTF-16 indices. */
export function* words(text: string): Generator<{ text: string; start: number }> {
  for (const match of text.matchAll(WORD)) yield { text: match[0], start: match.index };
}
