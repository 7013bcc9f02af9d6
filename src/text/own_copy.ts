/** Texts that are kept for long. */

/**
 * A copy of a text with memory of its own. A text that was cut out of a larger one keeps all of that one in memory, so
 * that a cache of words may hold whole files.
 */
export function ownCopy(text: string): string {
  if (text.length < 13) return text; // V8 copies so short a text when it is cut out
  return JSON.parse(JSON.stringify(text)) as string;
}
