/** The word pieces of single words: WordPiece, with every word spelled once. */

import type { WordPieceModel } from "../files/tokenizer_json.ts";

/** How a word is spelled; both lists are equally long. */
export interface Spelling {
  /** Id of each piece. */
  ids: readonly number[];
  /** Where each piece ends in the word, in UTF-16 units. */
  ends: readonly number[];
}

/** Most words that are remembered; beyond it all are forgotten. */
const REMEMBERED = 1 << 15;
/** Longer words are rare, and would fill the memory. */
const LONGEST_REMEMBERED = 64;

/** Spells words by a vocabulary. */
export class WordPieces {
  readonly #ids: ReadonlyMap<string, number>;
  readonly #model: Omit<WordPieceModel, "vocab">;
  /** UTF-16 units of the longest piece. */
  readonly #longest: number;
  readonly #spellings = new Map<string, Spelling>();

  /** @param ids Id of each piece. */
  constructor(ids: ReadonlyMap<string, number>, model: Omit<WordPieceModel, "vocab">) {
    this.#ids = ids;
    this.#model = model;
    this.#longest = ids.keys().reduce((longest, piece) => Math.max(longest, piece.length), 0);
  }

  /** The pieces of a word; a word that cannot be spelled is one unknown token. */
  spell(word: string): Spelling {
    const known = this.#spellings.get(word);
    if (known !== undefined) return known;
    const spelling = this.#spell(word) ?? { ids: [this.#ids.get(this.#model.unk_token)!], ends: [word.length] };
    if (word.length <= LONGEST_REMEMBERED) {
      if (this.#spellings.size >= REMEMBERED) this.#spellings.clear();
      this.#spellings.set(word, spelling);
    }
    return spelling;
  }

  /** Takes the longest piece there is, again and again. */
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

/** Whether a word has more than `limit` characters: not units, of which some characters have two. */
function isLongerThan(limit: number, word: string): boolean {
  return word.length > limit && (word.length > 2 * limit || [...word].length > limit);
}
