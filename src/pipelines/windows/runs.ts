/** Cuts the tokens of a text into overlapping runs, as `return_overflowing_tokens` of tokenizers does. */

/** A run of a text's tokens. */
export interface Run {
  /** Its first token. */
  readonly from: number;
  /** The token after its last. */
  readonly to: number;
}

/**
 * Runs over all tokens, one at least. Each begins `capacity - stride` tokens after the one before, so neighbours share
 * `stride` tokens.
 *
 * @param length Tokens of the text.
 * @param how `capacity`: most tokens of a run; `stride`: a whole number below it.
 */
export function runsOf(length: number, { capacity, stride }: { capacity: number; stride: number }): Run[] {
  const runs: Run[] = [];
  for (let from = 0;; from += capacity - stride) {
    const to = Math.min(from + capacity, length);
    runs.push({ from, to });
    if (to === length) return runs;
  }
}
