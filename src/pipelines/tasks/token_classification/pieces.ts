/** From a text to word pieces with their places in it, and from word pieces to text. */

import { type EncodeContext, encodeText, type TextEncoding } from "../../engine/encode.ts";
import type { Piece } from "./entities.ts";

/** A word piece of a text. */
export interface TextPiece extends Piece {
  /** Its id in the vocabulary. */
  id: number;
}

/** A text's word pieces, and its encoding. */
export interface PiecedText {
  readonly pieces: readonly TextPiece[];
  readonly encoding: TextEncoding;
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
  context: Pick<EncodeContext, "tokenizer" | "maximum" | "subject" | "truncation">,
): PiecedText {
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
      continues: id !== tokenizer.unk_token_id &&
        (tokenizer.continuing_subword_prefix !== "" ? word === word_ids[index - 1] : isInsideWord(text, start)),
    });
  });
  return { pieces, encoding };
}

/** Python's rule for tokens that do not say whether they go on with a word: there is no space before or at their start. */
function isInsideWord(text: string, start: number): boolean {
  return start > 0 && !text.slice(start - 1, start + 1).includes(" ");
}
