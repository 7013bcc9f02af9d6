/** The five special tokens of a BERT tokenizer and their ids. */

import { TokenizerError } from "../../base/errors.ts";
import { SPECIAL_TOKENS, specialToken, type SpecialTokenName, type TokenizerConfig } from "./config.ts";

/** A special token: its text and its id. */
export interface SpecialToken {
  token: string;
  id: number;
}

/** The special tokens of RoBERTa's kind, by which a `tokenizer.json` may go. */
const OTHERS: Record<SpecialTokenName, string> = {
  pad_token: "<pad>",
  unk_token: "<unk>",
  cls_token: "<s>",
  sep_token: "</s>",
  mask_token: "<mask>",
};

/**
 * Finds every special token. One that there is not gets an id behind the vocabulary, as transformers gives a token that
 * is added: whoever does not use it needs none.
 *
 * @param table Tokens and ids.
 * @throws {TokenizerError} If the config names a token that there is not.
 */
export function findSpecialTokens(
  { location, config }: { location: string; config: TokenizerConfig },
  table: { readonly size: number; idOf(token: string): number | undefined },
): Record<SpecialTokenName, SpecialToken> {
  let next = table.size;
  const find = (name: SpecialTokenName): SpecialToken => {
    const token = specialToken(config, name);
    const id = table.idOf(token);
    if (id !== undefined) return { token, id };
    if (config[name] !== undefined) {
      throw new TokenizerError(
        `Cannot load a tokenizer from "${location}": ${name} "${token}" must be in the vocabulary, and is not`,
      );
    }
    const other = table.idOf(OTHERS[name]);
    return other !== undefined ? { token: OTHERS[name], id: other } : { token, id: next++ };
  };
  const names = Object.keys(SPECIAL_TOKENS) as SpecialTokenName[];
  return Object.fromEntries(names.map((name) => [name, find(name)])) as Record<SpecialTokenName, SpecialToken>;
}
