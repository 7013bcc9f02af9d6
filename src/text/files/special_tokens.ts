/** The special tokens of a tokenizer and their ids. */

import { TokenizerError } from "../../base/errors.ts";
import { type ConfigToken, contentOf, type SpecialTokenName } from "./config.ts";

/** A special token: its text and its id. */
export interface SpecialToken {
  token: string;
  id: number;
}

/** The special tokens of a tokenizer. */
export interface SpecialTokens {
  /** Those that have a name. */
  readonly named: Readonly<Partial<Record<SpecialTokenName, SpecialToken>>>;
  /** Those and all others, each once, in Python's order. */
  readonly all: readonly SpecialToken[];
}

/**
 * Finds the ids of special tokens.
 *
 * @param idOf The id of a token; `undefined` if there is none.
 * @throws {TokenizerError} If there is no such token.
 */
export function findSpecialTokens(
  { named, all, location }: {
    named: Readonly<Partial<Record<SpecialTokenName, ConfigToken>>>;
    all: readonly ConfigToken[];
    location: string;
  },
  idOf: (token: string) => number | undefined,
): SpecialTokens {
  const find = (each: ConfigToken, name: string): SpecialToken => {
    const token = contentOf(each);
    const id = idOf(token);
    if (id !== undefined) return { token, id };
    throw new TokenizerError(
      `Cannot load a tokenizer from "${location}": ${name} "${token}" must be in the vocabulary, and is not`,
    );
  };
  const entries = Object.entries(named).map(([name, token]) => [name, find(token, name)]);
  const each = all.filter((token) => contentOf(token) !== "").map((token) => find(token, "the special token"));
  return {
    named: Object.fromEntries(entries) as SpecialTokens["named"],
    all: [...new Map(each.map((found) => [found.token, found])).values()],
  };
}
