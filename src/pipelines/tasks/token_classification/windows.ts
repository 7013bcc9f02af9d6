/** Cuts a text that is longer than the model takes into windows that overlap, each token in one window's charge. */

/** A run of a text's tokens, and those of them that the window answers for. */
export interface TextWindow {
  /** Its tokens: `[from, to)`. */
  from: number;
  to: number;
  /** The tokens that it answers for, `[first, last)`: those that it shows more context of than its neighbours do. */
  first: number;
  last: number;
}

/**
 * Windows over all tokens: each begins `capacity - stride` tokens after the one before, so that neighbours share `stride`
 * tokens, and every token is in the charge of exactly one. Of what two share, each answers for the half that lies farther
 * from its end; the border moves to the nearest beginning of a word, where there is one between them.
 *
 * @param begins For each token, whether it begins a word.
 * @param capacity Most tokens of a window.
 * @param stride Tokens that neighbours share, from 0 to `capacity - 1`.
 */
export function windowsOf(begins: readonly boolean[], capacity: number, stride: number): TextWindow[] {
  const { length } = begins;
  const windows: TextWindow[] = [];
  let first = 0;
  for (let from = 0;; from += capacity - stride) {
    const to = Math.min(from + capacity, length);
    const last = to === length ? length : border(begins, from + capacity - stride, to);
    if (last > first) windows.push({ from, to, first, last });
    if (to === length) return windows;
    first = last;
  }
}

/** The beginning of a word in `[from, to]` that is nearest to the middle, or the middle itself where there is none. */
function border(begins: readonly boolean[], from: number, to: number): number {
  const middle = Math.floor((from + to) / 2);
  for (let distance = 0; distance <= to - middle; distance++) {
    if (middle - distance >= from && begins[middle - distance]) return middle - distance;
    if (middle + distance <= to && begins[middle + distance]) return middle + distance;
  }
  return middle;
}
