/** The windows of a text whose tokens are answered one by one: each token by the window with more of its context. */

import type { EncodeContext, TextOptions } from "../engine/encode.ts";
import type { Item } from "../engine/task.ts";
import { answeredRunsOf } from "./answered_runs.ts";
import { type CutText, inputOf } from "./cut_text.ts";
import type { StrideOptions } from "./options.ts";

/** A window of a text, and the tokens that it answers, by their positions in the whole text's encoding. */
export interface TokenWindow extends Item {
  /** The first token that it answers. */
  readonly first: number;
  /** The token after the last that it answers. */
  readonly last: number;
  /** A token's position in the whole text's encoding, less that in the window. */
  readonly shift: number;
}

/** How much of a text is encoded: with a stride all of it, so that nothing is cut away. */
export function limitOf(
  maximum: number,
  { stride, truncation }: StrideOptions & TextOptions,
): Pick<EncodeContext, "maximum" | "truncation"> {
  return stride === undefined ? { maximum, truncation } : { maximum: Infinity, truncation: false };
}

/**
 * The windows of a text; one if it fits, or if there is no stride. The tokens round the text are answered by the first
 * window and the last.
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
  if (stride === undefined || length <= maximum) return [{ encoding, first: 0, last: length, shift: 0 }];
  const capacity = maximum - (length - (end - start));
  return answeredRunsOf(begins, { capacity, stride }).map((run, i, { length: count }) => ({
    encoding: inputOf(cut, run),
    first: i === 0 ? 0 : start + run.first,
    last: i === count - 1 ? length : start + run.last,
    shift: run.from,
  }));
}

/** For each token that may be cut, whether it begins a word; the encoding has `word_ids`. */
export function wordBegins({ encoding: { word_ids = [] }, start, end }: CutText): boolean[] {
  return word_ids.slice(start, end).map((word, i) => i === 0 || word !== word_ids[start + i - 1]);
}
