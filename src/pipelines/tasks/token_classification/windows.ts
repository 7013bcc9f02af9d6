/** Cuts a text that is too long for the model into overlapping windows; each token is answered by one of them. */

/** A run of a text's tokens, and those of them that the window answers. */
export interface TextWindow {
  /** Its first token. */
  from: number;
  /** The token after its last. */
  to: number;
  /** The first token that it answers: of the tokens shared with a neighbour, those with more context here. */
  first: number;
  /** The token after the last that it answers. */
  last: number;
}

/**
 * Windows over all tokens. Each begins `capacity - stride` tokens after the one before, so neighbours share `stride`
 * tokens. Every token is answered by exactly one window: of the shared tokens each answers the half that is farther
 * from its own end. The border between the halves moves to the nearest beginning of a word among the shared tokens.
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

/** The beginning of a word in `[from, to]` that is nearest to the middle; the middle itself if there is none. */
function border(begins: readonly boolean[], from: number, to: number): number {
  const middle = Math.floor((from + to) / 2);
  for (let distance = 0; distance <= to - middle; distance++) {
    if (middle - distance >= from && begins[middle - distance]) return middle - distance;
    if (middle + distance <= to && begins[middle + distance]) return middle + distance;
  }
  return middle;
}
