/** From a text to word pieces with their places in it, and from word pieces to text. */

import type { BertTokenizer } from "../../../text/bert_tokenizer.ts";
import { encodeText } from "../../engine/encode.ts";
import type { Piece } from "./entities.ts";

/** A word piece of a text. */
export interface TextPiece extends Piece {
  /** Its id in the vocabulary. */
  id: number;
}

/**
 * The word pieces of a text, without special tokens.
 *
 * @param context As of {@linkcode encodeText}.
 * @throws {TypeError} If the input is no string.
 * @throws {InputError} If the text has no word piece, or is longer than `maximum` and `truncation` is off.
 */
export function readPieces(
  text: string,
  context: { tokenizer: BertTokenizer; maximum: number; subject: string; truncation?: boolean | undefined },
): TextPiece[] {
  const { tokenizer, subject } = context;
  if (typeof text !== "string") throw new TypeError(`Cannot ${subject}: it must be a string, got ${typeof text}`);
  const encoding = encodeText(text, {
    ...context,
    options: { return_offsets_mapping: true, return_word_ids: true },
  });
  const { input_ids, offset_mapping = [], word_ids = [] } = encoding;
  const pieces: TextPiece[] = [];
  input_ids.forEach((id, index) => {
    const word = word_ids[index];
    if (word === null) return;
    const [start, end] = offset_mapping[index]!;
    pieces.push({
      id,
      word: id === tokenizer.unk_token_id ? text.slice(start, end) : tokenizer.convert_ids_to_tokens(id),
      start,
      end,
      index,
      continues: word === word_ids[index - 1],
    });
  });
  return pieces;
}

/** The text of word pieces. Those with `##` continue the piece before; punctuation follows it without a space. */
export function joinPieces(pieces: readonly string[]): string {
  const spaced = (piece: string) => piece.startsWith("##") ? piece.slice(2) : ` ${piece}`;
  return pieces.map((piece, i) => closeUp(i === 0 ? piece : spaced(piece))).join("");
}

/** Replacements of the WordPiece decoder of Hugging Face's tokenizers, within a piece with the space before it. */
const CLOSED_UP = [
  [" .", "."],
  [" ?", "?"],
  [" !", "!"],
  [" ,", ","],
  [" ' ", "'"],
  [" n't", "n't"],
  [" 'm", "'m"],
  [" do not", " don't"],
  [" 's", "'s"],
  [" 've", "'ve"],
  [" 're", "'re"],
] as const;

function closeUp(piece: string): string {
  return CLOSED_UP.reduce((text, [open, closed]) => text.replaceAll(open, closed), piece);
}
