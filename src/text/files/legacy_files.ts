/** `special_tokens_map.json` and `added_tokens.json`, which `added_tokens_decoder` has taken the place of. */

import { TokenizerError } from "../../base/errors.ts";
import { isId } from "../pipeline/models/vocabulary.ts";
import { type ConfigToken, contentOf, parseConfig, TOKEN_NAMES, type TokenizerConfig } from "./config.ts";

/** The contents of the files; `null` if there is none. */
export interface LegacyFiles {
  location: string;
  special: object | null;
  added: object | null;
}

/**
 * The config with what the files say, which counts for more, as in transformers.
 *
 * @throws {TokenizerError} On a value of the wrong kind.
 */
export function withLegacyFiles(config: TokenizerConfig, { location, special, added }: LegacyFiles): TokenizerConfig {
  const next: TokenizerConfig = { ...config };
  if (special !== null) {
    const map = parseConfig(special, location, "special_tokens_map.json");
    for (const key of TOKEN_NAMES) if (map[key] !== undefined) next[key] = asSpecial(map[key]);
    const listed = config.additional_special_tokens ?? [];
    const known = new Set(listed.map(contentOf));
    const more = (map.additional_special_tokens ?? []).filter((token) => !known.has(contentOf(token)));
    next.additional_special_tokens = [...listed, ...more.map(asSpecial)];
    if (map.extra_special_tokens !== undefined) next.extra_special_tokens = map.extra_special_tokens;
  }
  if (added !== null) {
    const wrong = Object.entries(added).find(([, id]) => !isId(id));
    if (wrong !== undefined) {
      throw new TokenizerError(
        `Cannot load a tokenizer from "${location}": the id of ${JSON.stringify(wrong[0])} in added_tokens.json must ` +
          `be a whole number from 0 up, got ${JSON.stringify(wrong[1])}`,
      );
    }
    const special = plainSpecials(config, next);
    next.added_tokens_decoder = Object.fromEntries(
      Object.entries(added).map(([content, id]) => {
        const isSpecial = special.has(content);
        return [id as number, { content, normalized: !isSpecial, special: isSpecial }];
      }),
    );
  }
  return next;
}

/** The special tokens that `added_tokens.json` knows: not those that `tokenizer_config.json` has as objects. */
function plainSpecials(config: TokenizerConfig, next: TokenizerConfig): Set<string> {
  const objects = new Set<unknown>([...TOKEN_NAMES.map((key) => config[key]), ...config.additional_special_tokens ?? []]
    .filter((token) => typeof token === "object"));
  const all = [...TOKEN_NAMES.map((key) => next[key]), ...next.additional_special_tokens ?? []];
  return new Set(all.filter((token) => token !== undefined && !objects.has(token)).map((token) => contentOf(token!)));
}

function asSpecial(token: ConfigToken): ConfigToken {
  return typeof token === "string" ? token : { ...token, special: true };
}
