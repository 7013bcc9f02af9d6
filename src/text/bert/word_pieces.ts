/** WordPiece: the word pieces of single words, cached by word. */

import { remembering } from "./word_cache.ts";

/** The settings of WordPiece, by their names in `tokenizer.json`. */
export interface WordPieceModel {
  unk_token: string;
  /** Prefix of a piece that continues a word. */
  continuing_subword_prefix: string;
  /** Characters of the longest word that is split; a longer one is one unknown token. */
  max_input_chars_per_word: number;
}

/** The pieces of a word; both lists are equally long. */
export interface Spelling {
  /** Id of each piece. */
  ids: readonly number[];
  /** End of each piece in the word, in UTF-16 units. */
  ends: readonly number[];
}

/** Splits words by a vocabulary. */
export class WordPieces {
  readonly #ids: ReadonlyMap<string, number>;
  readonly #model: WordPieceModel;
  /** UTF-16 units of the longest piece. */
  readonly #longest: number;

  /** @param ids Id of each piece. */
  constructor(ids: ReadonlyMap<string, number>, model: WordPieceModel) {
    this.#ids = ids;
    this.#model = model;
    this.#longest = ids.keys().reduce((longest, piece) => Math.max(longest, piece.length), 0);
  }

  /** The pieces of a word; a word that the vocabulary cannot spell is one unknown token. */
  readonly spell: (word: string) => Spelling = remembering((word) =>
    this.#spell(word) ?? { ids: [this.#ids.get(this.#model.unk_token)!], ends: [word.length] }
  );

  /** Takes the longest piece that matches, until the word is used up. */
  #spell(word: string): Spelling | undefined {
    if (isLongerThan(this.#model.max_input_chars_per_word, word)) return undefined;
    const ids: number[] = [];
    const ends: number[] = [];
    for (let start = 0, end = 0; start < word.length; start = end) {
      const prefix = start === 0 ? "" : this.#model.continuing_subword_prefix;
      let id: number | undefined;
      for (end = Math.min(word.length, start + this.#longest); end > start; end--) {
        id = this.#ids.get(prefix + word.slice(start, end));
        if (id !== undefined) break;
      }
      if (id === undefined) return undefined;
      ids.push(id);
      ends.push(end);
    }
    return { ids, ends };
  }
}

/** Whether a word has more than `limit` characters, which may have two UTF-16 units each. */
function isLongerThan(limit: number, word: string): boolean {
  return word.length > limit && (word.length > 2 * limit || [...word].length > limit);
}
