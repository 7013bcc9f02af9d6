/** The `model` of a BERT tokenizer in `tokenizer.json`. */

import type { Part } from "../pipeline/fields.ts";

/** The settings of WordPiece. */
export interface WordPieceModel {
  unk_token: string;
  /** Prefix of a piece that continues a word. */
  continuing_subword_prefix: string;
  /** Characters of the longest word that is split; a longer one is one unknown token. */
  max_input_chars_per_word: number;
}

/** Reads the settings of a model whose vocabulary is `ids`. @throws {TokenizerError} If one is wrong. */
export function readWordPiece(part: Part, ids: ReadonlyMap<string, number>): WordPieceModel {
  const unk_token = part.raw("unk_token") ?? "[UNK]";
  if (typeof unk_token !== "string" || !ids.has(unk_token)) {
    part.fail("model.unk_token", "in the vocabulary", unk_token);
  }
  return {
    unk_token: unk_token as string,
    continuing_subword_prefix: part.text("continuing_subword_prefix", "##"),
    max_input_chars_per_word: part.count("max_input_chars_per_word", 0, 100),
  };
}
