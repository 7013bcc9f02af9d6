/** Small letters, one character at a time: no special end form of sigma, unlike `toLowerCase` on a whole word. */

/** Capital letters of Unicode 16 and 17, which older JavaScript engines do not know, and how far on the small one is. */
const RECENT: readonly [first: number, last: number, distance: number][] = [
  [0x1c89, 0x1c89, 1],
  [0xa7cb, 0xa7cb, 0x264 - 0xa7cb],
  [0xa7cc, 0xa7cc, 1],
  [0xa7ce, 0xa7ce, 1],
  [0xa7d2, 0xa7d2, 1],
  [0xa7d4, 0xa7d4, 1],
  [0xa7da, 0xa7da, 1],
  [0xa7dc, 0xa7dc, 0x19b - 0xa7dc],
  [0x10d50, 0x10d65, 0x20],
  [0x16ea0, 0x16eb8, 0x1b],
];

/** The small letter of a single character, which may be two characters; other characters as they are. */
export function lowerCase(character: string): string {
  const lower = character.toLowerCase();
  if (lower !== character) return lower;
  const code = character.codePointAt(0)!;
  const recent = RECENT.find(([first, last]) => first <= code && code <= last);
  return recent === undefined ? character : String.fromCodePoint(code + recent[2]);
}
