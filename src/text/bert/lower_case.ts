/** Lower-cases one character at a time: sigma gets no final form, unlike in `toLowerCase` of a whole word. */

/** Capital letters of Unicode 16 and 17, unknown to older JavaScript engines, and the distance to the small one. */
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

/** A single character in lower case, which may be two characters; what has no case stays as it is. */
export function lowerCase(character: string): string {
  const lower = character.toLowerCase();
  if (lower !== character) return lower;
  const code = character.codePointAt(0)!;
  const recent = RECENT.find(([first, last]) => first <= code && code <= last);
  return recent === undefined ? character : String.fromCodePoint(code + recent[2]);
}
