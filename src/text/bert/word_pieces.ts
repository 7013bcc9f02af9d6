/** WordPiece: the word pieces of single words, cached by word. */

import { ownCopy } from "../own_copy.ts";
import type { WordPieceModel } from "../files/word_piece.ts";

/** The pieces of a word; both lists are equally long. */
export interface Spelling {
  /** Id of each piece. */
  ids: readonly number[];
  /** End of each piece in the word, in UTF-16 units. */
  ends: readonly number[];
}

/** Most words that are cached; when there are more, the cache is cleared. */
const REMEMBERED = 1 << 15;
/** Longest word that is cached: longer ones are rare, and large. */
const LONGEST_REMEMBERED = 64;

/** Splits words by a vocabulary. */
export class WordPieces {
  readonly #ids: ReadonlyMap<string, number>;
  readonly #model: WordPieceModel;
  /** UTF-16 units of the longest piece. */
  readonly #longest: number;
  readonly #spellings = new Map<string, Spelling>();

  /** @param ids Id of each piece. */
  constructor(ids: ReadonlyMap<string, number>, model: WordPieceModel) {
    this.#ids = ids;
    this.#model = model;
    this.#longest = ids.keys().reduce((longest, piece) => Math.max(longest, piece.length), 0);
  }

  /** The pieces of a word; a word that the vocabulary cannot spell is one unknown token. */
  spell(word: string): Spelling {
    const known = this.#spellings.get(word);
    if (known !== undefined) return known;
    const spelling = this.#spell(word) ?? { ids: [this.#ids.get(this.#model.unk_token)!], ends: [word.length] };
    if (word.length <= LONGEST_REMEMBERED) {
      if (this.#spellings.size >= REMEMBERED) this.#spellings.clear();
      this.#spellings.set(ownCopy(word), spelling);
    }
    return spelling;
  }

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
