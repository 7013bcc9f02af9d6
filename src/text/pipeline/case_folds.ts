/** Letters that Oniguruma, not minding case, takes for several letters: `\u00df` for `ss`. JavaScript does not. */

/** Where Unicode has letters whose case folding, or whose small or capital form, is several. */
const RANGES: readonly [first: number, last: number][] = [
  [0xdf, 0xdf],
  [0x130, 0x149],
  [0x1f0, 0x1f0],
  [0x390, 0x3b0],
  [0x587, 0x587],
  [0x1e96, 0x1e9e],
  [0x1f50, 0x1ffc],
  [0xfb00, 0xfb17],
];

/** Each of these letters, and the letters that it is taken for; filled when it is needed first. */
let folds: Map<string, string> | undefined;

/** Whether a text has such a letter, or letters that such a one is taken for. */
export function hasLongFold(text: string): boolean {
  folds ??= findFolds();
  const lower = text.toLowerCase();
  return folds.entries().some(([letter, fold]) => text.includes(letter) || lower.includes(fold));
}

function findFolds(): Map<string, string> {
  const found = new Map<string, string>([["\u1e9e", "ss"]]);
  for (const [first, last] of RANGES) {
    for (let code = first; code <= last; code++) {
      const letter = String.fromCodePoint(code);
      const fold = letter.toUpperCase().toLowerCase();
      if (fold.length > 1) found.set(letter, fold);
    }
  }
  return found;
}
