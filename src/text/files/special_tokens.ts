/** The five special tokens of a BERT tokenizer and their ids. */

import { TokenizerError } from "../../base/errors.ts";
import { SPECIAL_TOKENS, specialToken, type SpecialTokenName, type TokenizerConfig } from "./config.ts";

/** A special token: its text and its id. */
export interface SpecialToken {
  token: string;
  id: number;
}

/**
 * Finds every special token in the vocabulary.
 *
 * @param idOf Id of a token, `undefined` if the vocabulary lacks it.
 * @throws {TokenizerError} If the vocabulary lacks one.
 */
export function findSpecialTokens(
  { location, config }: { location: string; config: TokenizerConfig },
  idOf: (token: string) => number | undefined,
): Record<SpecialTokenName, SpecialToken> {
  const find = (name: SpecialTokenName): SpecialToken => {
    const token = specialToken(config, name);
    const id = idOf(token);
    if (id !== undefined) return { token, id };
    throw new TokenizerError(
      `Cannot load a tokenizer from "${location}": ${name} "${token}" must be in the vocabulary, and is not`,
    );
  };
  const names = Object.keys(SPECIAL_TOKENS) as SpecialTokenName[];
  return Object.fromEntries(names.map((name) => [name, find(name)])) as Record<SpecialTokenName, SpecialToken>;
}
