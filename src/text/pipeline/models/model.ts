/** What the four models of `tokenizer.json` have in common. */

import { ownCopy } from "../../own_copy.ts";

/** The tokens of a word; the lists are equally long. */
export interface WordTokens {
  readonly ids: readonly number[];
  /** Start of each token in the word, in UTF-16 units. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** The text of each token, as its vocabulary has it. */
  readonly values: readonly string[];
}

/** Spells words by the tokens of a vocabulary. */
export interface Model {
  /** Id of each token. */
  readonly ids: ReadonlyMap<string, number>;
  /** How many tokens its vocabulary lists, equal ones counted each. Default: as many as `ids`. */
  readonly size?: number;
  /** The tokens of a word, which is not empty. */
  spell(word: string): WordTokens;
}

/** Most words that are cached; when there are more, the cache is cleared. */
const REMEMBERED = 1 << 15;
/** Longest word that is cached: longer ones are rare, and large. */
const LONGEST_REMEMBERED = 64;

/** The same model with a cache. */
export function remembering(model: Model): Model {
  const known = new Map<string, WordTokens>();
  return {
    ids: model.ids,
    size: model.size,
    spell(word) {
      const found = known.get(word);
      if (found !== undefined) return found;
      const tokens = model.spell(word);
      if (word.length <= LONGEST_REMEMBERED) {
        if (known.size >= REMEMBERED) known.clear();
        known.set(ownCopy(word), tokens);
      }
      return tokens;
    },
  };
}

/** One token for a whole word. */
export function wholeWord(word: string, id: number, value: string): WordTokens {
  return { ids: [id], starts: [0], ends: [word.length], values: [value] };
}
