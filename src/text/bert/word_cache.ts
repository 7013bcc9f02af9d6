/** Remembers what is made of words. */

import { ownCopy } from "../own_copy.ts";

/** Most words that are remembered; when there are more, all are forgotten. */
const REMEMBERED = 1 << 15;
/** Longest word that is remembered: longer ones are rare, and large. */
const LONGEST_REMEMBERED = 64;

/** The same function of a word, with a cache. */
export function remembering<Made>(make: (word: string) => Made): (word: string) => Made {
  const known = new Map<string, Made>();
  return (word) => {
    const found = known.get(word);
    if (found !== undefined) return found;
    const made = make(word);
    if (word.length <= LONGEST_REMEMBERED) {
      if (known.size >= REMEMBERED) known.clear();
      known.set(ownCopy(word), made);
    }
    return made;
  };
}
