/** The windows of a text whose tokens are answered one by one: each token by the window with more of its context. */

import type { Item } from "../engine/task.ts";
import { answeredRunsOf } from "./answered_runs.ts";
import { type CutText, inputOf } from "./cut_text.ts";

/** A window of a text, and the tokens that it answers, by their positions in the whole text's encoding. */
export interface TokenWindow extends Item {
  /** The first token that it answers. */
  readonly first: number;
  /** The token after the last that it answers. */
  readonly last: number;
  /** A token's position in the whole text's encoding, less that in the window. */
  readonly shift: number;
}

/**
 * The windows of a text; one if it fits, or if there is no stride.
 *
 * @param how `begins`: for each token that may be cut, whether it begins a word; `maximum`: tokens of a window;
 *   `stride`: tokens that neighbours share.
 */
export function tokenWindows(
  cut: CutText,
  { begins, maximum, stride }: { begins: readonly boolean[]; maximum: number; stride: number | undefined },
): TokenWindow[] {
  const { encoding, start, end } = cut;
  const { length } = encoding.input_ids;
  if (stride === undefined || length <= maximum) return [{ encoding, first: start, last: end, shift: 0 }];
  const capacity = maximum - (length - (end - start));
  return answeredRunsOf(begins, { capacity, stride }).map((run) => ({
    encoding: inputOf(cut, run),
    first: start + run.first,
    last: start + run.last,
    shift: run.from,
  }));
}

/** For each token that may be cut, whether it begins a word; the encoding has `word_ids`. */
export function wordBegins({ encoding: { word_ids = [] }, start, end }: CutText): boolean[] {
  return word_ids.slice(start, end).map((word, i) => i === 0 || word !== word_ids[start + i - 1]);
}
