/** Cuts a text at what matches a pattern. */

import type { AlignedText } from "./aligned_text.ts";
import type { Finder } from "./regex.ts";

/** What becomes of a match, by the names of `tokenizer.json`. */
export const BEHAVIORS = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"] as const;

/** What becomes of a match. */
export type Behavior = typeof BEHAVIORS[number];

/** Where to cut. */
export interface Cutting {
  find: Finder;
  behavior: Behavior;
  /** Cut at what does not match. Default: no. */
  invert?: boolean;
}

interface Stretch {
  from: number;
  to: number;
  isMatch: boolean;
}

/** The parts of a text; some may be empty. */
export function cut(text: AlignedText, { find, behavior, invert = false }: Cutting): AlignedText[] {
  const stretches = cover(text.text, find, invert);
  const kept = behavior === "Removed"
    ? stretches.filter(({ isMatch }) => !isMatch)
    : behavior === "Isolated"
    ? stretches
    : merged(stretches, behavior);
  return kept.map(({ from, to }) => text.slice(from, to));
}

/** All of a text as matches and what is between them. */
function cover(text: string, find: Finder, invert: boolean): Stretch[] {
  const found: Stretch[] = [];
  let done = 0;
  for (const [from, to] of text === "" ? [] : find(text)) {
    if (done !== from) found.push({ from: done, to: from, isMatch: invert });
    found.push({ from, to, isMatch: !invert });
    done = to;
  }
  if (done !== text.length) found.push({ from: done, to: text.length, isMatch: invert });
  return found;
}

function merged(
  stretches: readonly Stretch[],
  behavior: "MergedWithPrevious" | "MergedWithNext" | "Contiguous",
): Stretch[] {
  const isForward = behavior !== "MergedWithNext";
  const found: Stretch[] = [];
  let previous = false;
  for (const stretch of isForward ? stretches : stretches.toReversed()) {
    const last = found.at(-1);
    const joins = behavior === "Contiguous" ? stretch.isMatch === previous : stretch.isMatch && !previous;
    if (!joins || last === undefined) found.push({ ...stretch });
    else if (isForward) last.to = stretch.to;
    else last.from = stretch.from;
    previous = stretch.isMatch;
  }
  return isForward ? found : found.toReversed();
}
