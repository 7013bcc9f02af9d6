/** BERT's way from text to word pieces: added tokens, normaliser, words, pieces, with exact offsets throughout. */

import { type AddedToken, AddedTokenSplitter } from "./added_tokens.ts";
import { BertNormalizer, type NormalizedText, type NormalizerOptions } from "../bert/normalizer.ts";
import type { Pieces, Splitter } from "../encoding/pieces.ts";
import { type WordPieceModel, WordPieces } from "../bert/word_pieces.ts";
import { words } from "../bert/words.ts";

/** The parts of a tokenizer of BERT's own kind. */
export interface BertParts {
  added: readonly AddedToken[];
  normalizer: NormalizerOptions;
  /** Id of each word piece. */
  ids: ReadonlyMap<string, number>;
  model: WordPieceModel;
}

/**
 * Splits as Hugging Face's fast tokenizers do, to the same ids and offsets for any text: what `PipelineSplitter` does
 * for any tokenizer, faster.
 */
export class BertSplitter implements Splitter {
  readonly #written: AddedTokenSplitter;
  readonly #normalized: AddedTokenSplitter;
  readonly #normalizer: BertNormalizer;
  readonly #wordPieces: WordPieces;

  /** @param parts What the file holds. */
  constructor({ added, normalizer, ids, model }: BertParts) {
    this.#normalizer = new BertNormalizer(normalizer);
    this.#wordPieces = new WordPieces(ids, model);
    const { written = [], normalized = [] } = Object.groupBy(
      added,
      ({ normalized, special }) => normalized ?? !special ? "normalized" : "written",
    );
    this.#written = new AddedTokenSplitter(new Map(written.map((token) => [token.content, token])));
    this.#normalized = new AddedTokenSplitter(
      new Map(normalized.map((token) => [this.#normalizer.normalize(token.content).text, token])),
    );
  }

  split(text: string): Pieces {
    const pieces: Pieces = { ids: [], starts: [], ends: [], words: [] };
    let word = 0;
    for (const { start, end, id } of this.#written.split(text)) {
      if (id !== undefined) addPiece(pieces, { id, start, end, word: word++ });
      else word = this.#splitPlain({ text: text.slice(start, end), start, word }, pieces);
    }
    return pieces;
  }

  /** Splits a stretch that starts at `start` of the whole text, and returns the number of the next word. */
  #splitPlain(stretch: { text: string; start: number; word: number }, pieces: Pieces): number {
    let { word } = stretch;
    const normalized = this.#normalizer.normalize(stretch.text);
    const add = (id: number, from: number, to: number) => {
      const { start, end } = originOf(normalized, from, to);
      addPiece(pieces, { id, start: stretch.start + start, end: stretch.start + end, word });
    };
    for (const part of this.#normalized.split(normalized.text)) {
      if (part.id !== undefined) {
        add(part.id, part.start, part.end);
        word++;
        continue;
      }
      for (const { text, start } of words(normalized.text.slice(part.start, part.end))) {
        const { ids, ends } = this.#wordPieces.spell(text);
        for (let index = 0, from = 0; index < ids.length; from = ends[index++]!) {
          add(ids[index]!, part.start + start + from, part.start + start + ends[index]!);
        }
        word++;
      }
    }
    return word;
  }
}

/** Offsets in the original of the units from `from` to `to` of a normalised text. */
function originOf({ origins }: NormalizedText, from: number, to: number): { start: number; end: number } {
  return origins === undefined
    ? { start: from, end: to }
    : { start: origins.starts[from]!, end: origins.ends[to - 1]! };
}

function addPiece(pieces: Pieces, piece: { id: number; start: number; end: number; word: number }): void {
  pieces.ids.push(piece.id);
  pieces.starts.push(piece.start);
  pieces.ends.push(piece.end);
  pieces.words.push(piece.word);
}
