/** Leaves the spaces of byte-level tokens out of their offsets. */

import type { Offset } from "./encoding.ts";

const LEADING = /^[\u0120\p{White_Space}]+/u;
const TRAILING = /[\u0120\p{White_Space}]+$/u;

/**
 * The offsets without the spaces that a byte-level token begins or ends with, as Hugging Face's `tokenizers` has them.
 *
 * @param value The token, in which U+0120 stands for a space.
 * @param how `trims` says, for each step, whether one space at the start of a text stays, as it was added.
 */
export function trimmed(
  offset: Offset,
  value: string,
  how: { isFirst: boolean; trims: readonly boolean[] },
): Offset {
  const before = value.match(LEADING)?.[0].length ?? 0;
  const after = value.match(TRAILING)?.[0].length ?? 0;
  let [start, end] = offset;
  for (const prefix of how.trims) {
    const isAdded = (how.isFirst || start === 0) && prefix && before === 1;
    if (!isAdded) start = Math.min(start + before, end);
    if (after > 0 && end >= after) end = Math.max(end - after, start);
  }
  return [start, end];
}
