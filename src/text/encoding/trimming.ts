/** Leaves the spaces of byte-level tokens out of their offsets. */

import type { Offset } from "./encoding.ts";

const LEADING = /^[\u0120\p{White_Space}]+/u;
const TRAILING = /[\u0120\p{White_Space}]+$/u;

/**
 * The offsets without the spaces that a byte-level token begins or ends with, as Hugging Face's `tokenizers` has them.
 *
 * @param value The token, in which U+0120 stands for a space.
 * @param how `text` is what offsets count in; `trims` says, for each step, whether one space at the start of a text
 *   stays, as it was added.
 */
export function trimmed(
  offset: Offset,
  value: string,
  how: { text: string; isFirst: boolean; trims: readonly boolean[] },
): Offset {
  const before = value.match(LEADING)?.[0].length ?? 0;
  const after = value.match(TRAILING)?.[0].length ?? 0;
  const { text } = how;
  let [start, end] = offset;
  for (const prefix of how.trims) {
    const isAdded = (how.isFirst || start === 0) && prefix && before === 1;
    if (!isAdded) { for (let count = 0; count < before && start < end; count++) start = next(text, start); }
    if (isLess(text, end, after)) continue;
    for (let count = 0; count < after && end > start; count++) end = previous(text, end);
  }
  return [start, end];
}

/** Whether there are less characters than `count` before `end`. */
function isLess(text: string, end: number, count: number): boolean {
  for (; count > 0; count--) {
    if (end <= 0) return true;
    end = previous(text, end);
  }
  return false;
}

function next(text: string, at: number): number {
  return at + ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);
}

function previous(text: string, at: number): number {
  return at - (at > 1 && (text.codePointAt(at - 2) ?? 0) > 0xffff ? 2 : 1);
}
