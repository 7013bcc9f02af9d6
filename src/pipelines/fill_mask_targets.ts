/** The words that a caller of `fill-mask` lets it choose from, as word pieces. */

import { warn } from "../base/warn.ts";
import type { BertTokenizer } from "../text/bert_tokenizer.ts";
import { excerpt } from "./names.ts";

/**
 * The ids of target words, each once: of a word piece its own; of another word that of its first word piece, with a
 * warning, as Hugging Face's pipeline does.
 *
 * @throws {RangeError} Without any target, or where one has no word piece in the vocabulary.
 */
export function targetIds(targets: readonly string[], tokenizer: BertTokenizer): number[] {
  if (targets.length === 0) throw new RangeError("Cannot fill masks: targets must name a word at least, got none");
  return [...new Set(targets.map((target) => targetId(target, tokenizer)))];
}

function targetId(target: string, tokenizer: BertTokenizer): number {
  if (typeof target !== "string") {
    throw new TypeError(`Cannot fill masks: targets must be strings, got a ${typeof target}`);
  }
  const { unk_token, unk_token_id } = tokenizer;
  const own = tokenizer.convert_tokens_to_ids(target);
  if (own !== unk_token_id || target === unk_token) return own;
  const [first, ...others] = tokenizer.tokenize(target);
  if (first === undefined || first === unk_token) {
    throw new RangeError(`Cannot fill masks: target ${excerpt(target)} has no word piece in the vocabulary`);
  }
  const why = others.length > 0 ? `is ${others.length + 1} word pieces` : "is not a word piece of the vocabulary";
  warn(`target ${excerpt(target)} ${why}; "${first}" is taken in its place`);
  return tokenizer.convert_tokens_to_ids(first);
}
