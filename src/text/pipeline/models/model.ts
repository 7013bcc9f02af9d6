/** What the four models of `tokenizer.json` have in common. */

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

/** One token for a whole word. */
export function wholeWord(word: string, id: number, value: string): WordTokens {
  return { ids: [id], starts: [0], ends: [word.length], values: [value] };
}
