/** The target words of a `fill-mask` call, as word pieces. */

import { excerpt } from "../../base/messages.ts";
import { warn } from "../../base/warn.ts";
import type { BertTokenizer } from "../../text/bert_tokenizer.ts";

/**
 * The ids of target words, each once. A word that is no word piece is replaced by its first one, as in Hugging Face's
 * pipeline; one warning names all such words.
 *
 * @throws {RangeError} If there is no target, or one has no word piece in the vocabulary.
 */
export function targetIds(targets: readonly string[], tokenizer: BertTokenizer): number[] {
  if (targets.length === 0) throw new RangeError("Cannot fill masks: targets must name a word at least, got none");
  const pieces = targets.map((target) => pieceOf(target, tokenizer));
  const replaced = targets.flatMap((target, i) =>
    pieces[i] === target ? [] : [`"${pieces[i]}" for ${excerpt(target)}`]
  );
  if (replaced.length > 0) {
    warn(`targets that are no word piece of the vocabulary are replaced by their first: ${replaced.join(", ")}`);
  }
  return [...new Set(pieces.flatMap((piece) => tokenizer.convert_tokens_to_ids(piece) ?? []))];
}

/** A target itself if it is a word piece, else its first word piece. */
function pieceOf(target: string, tokenizer: BertTokenizer): string {
  if (typeof target !== "string") {
    throw new TypeError(`Cannot fill masks: targets must be strings, got a ${typeof target}`);
  }
  const { unk_token, unk_token_id } = tokenizer;
  if (tokenizer.convert_tokens_to_ids(target) !== unk_token_id || target === unk_token) return target;
  const [first] = tokenizer.tokenize(target);
  if (first !== undefined && first !== unk_token) return first;
  throw new RangeError(`Cannot fill masks: target ${excerpt(target)} has no word piece in the vocabulary`);
}
