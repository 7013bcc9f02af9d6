/** For answers about single tokens: which run of a text that is cut answers each of them. */

import { type Run, runsOf } from "./runs.ts";

/** A run of a text's tokens, and those of them that it answers. */
export interface AnsweredRun extends Run {
  /** The first token that it answers: of the tokens shared with a neighbour, those with more context here. */
  readonly first: number;
  /** The token after the last that it answers. */
  readonly last: number;
}

/**
 * The runs of {@linkcode runsOf}. Every token is answered by exactly one of them: of the shared tokens each answers the
 * half that is farther from its own end. The border between the halves moves to the nearest beginning of a word among
 * the shared tokens. Runs that answer nothing are left out.
 *
 * @param begins For each token, whether it begins a word.
 * @param how As of {@linkcode runsOf}.
 */
export function answeredRunsOf(
  begins: readonly boolean[],
  how: { capacity: number; stride: number },
): AnsweredRun[] {
  const { length } = begins;
  const answered: AnsweredRun[] = [];
  let first = 0;
  for (const { from, to } of runsOf(length, how)) {
    const last = to === length ? length : border(begins, to - how.stride, to);
    if (last > first) answered.push({ from, to, first, last });
    first = last;
  }
  return answered;
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
