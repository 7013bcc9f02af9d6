/** The models WordPiece and WordLevel. */

import { TokenizerError } from "../../../base/errors.ts";
import { type WordPieceModel, WordPieces } from "../../bert/word_pieces.ts";
import type { Part } from "../fields.ts";
import { type Model, wholeWord } from "./model.ts";
import { readVocabulary } from "./vocabulary.ts";

/** Reads the settings of WordPiece whose vocabulary is `ids`. @throws {TokenizerError} If one is wrong. */
export function readWordPiece(part: Part, ids: ReadonlyMap<string, number>): WordPieceModel {
  const unk_token = part.text("unk_token", "[UNK]");
  if (!ids.has(unk_token)) part.fail("model.unk_token", "in the vocabulary", unk_token);
  return {
    unk_token,
    continuing_subword_prefix: part.text("continuing_subword_prefix", "##"),
    max_input_chars_per_word: part.count("max_input_chars_per_word", 0, 100),
  };
}

/** WordPiece of a checked model. */
export function wordPiece(ids: ReadonlyMap<string, number>, model: WordPieceModel): Model {
  let pieces: WordPieces | undefined; // BERT's own splitter has its own
  const prefix = model.continuing_subword_prefix;
  const unknown = ids.get(model.unk_token)!;
  return {
    ids,
    spell(word) {
      const spelling = (pieces ??= new WordPieces(ids, model)).spell(word);
      const starts = spelling.ends.map((_, index) => index === 0 ? 0 : spelling.ends[index - 1]!);
      const values = starts.map((start, index) =>
        spelling.ids[index] === unknown
          ? model.unk_token
          : (index === 0 ? "" : prefix) + word.slice(start, spelling.ends[index])
      );
      return { ids: spelling.ids, starts, ends: spelling.ends, values };
    },
  };
}

/** WordLevel: a word is a token, or unknown. */
export function wordLevel(part: Part): Model {
  const ids = readVocabulary(part);
  const unk = part.text("unk_token", "<unk>");
  const unknown = ids.get(unk);
  return {
    ids,
    spell(word) {
      const id = ids.get(word);
      if (id !== undefined) return wholeWord(word, id, word);
      if (unknown !== undefined) return wholeWord(word, unknown, unk);
      throw new TokenizerError(
        `Cannot encode ${JSON.stringify(word)}: it is not in the vocabulary, and neither is model.unk_token "${unk}"`,
      );
    },
  };
}
