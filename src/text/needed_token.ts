/** The special tokens that a task cannot do without. */

import { TokenizerError } from "../base/errors.ts";
import type { BertVocabulary } from "./bert_vocabulary.ts";
import type { SpecialToken } from "./files/special_tokens.ts";

/**
 * A special token of a tokenizer, and its id.
 *
 * @param action What needs it, for messages: `pad`.
 * @throws {TokenizerError} If the tokenizer has none.
 */
export function neededToken(
  tokenizer: BertVocabulary,
  name: "pad_token" | "unk_token" | "cls_token" | "sep_token" | "mask_token",
  action: string,
): SpecialToken {
  const { [name]: token, [`${name}_id` as const]: id } = tokenizer;
  if (token !== undefined && id !== undefined) return { token, id };
  throw new TokenizerError(
    `Cannot ${action}: the tokenizer must have a ${name}, and has none; name one in its tokenizer_config.json`,
  );
}
