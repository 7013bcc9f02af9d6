/** The keys of `tokenizer_config.json`, and BERT's five special tokens, which it may rename. */

import { TokenizerError } from "../../base/errors.ts";
import type { Side } from "../encoding/encoding.ts";

/** Name of each special token in `tokenizer_config.json`, and its text if that file does not say. */
export const SPECIAL_TOKENS = {
  pad_token: "[PAD]",
  unk_token: "[UNK]",
  cls_token: "[CLS]",
  sep_token: "[SEP]",
  mask_token: "[MASK]",
} as const;

/** The name of a special token in `tokenizer_config.json`. */
export type SpecialTokenName = keyof typeof SPECIAL_TOKENS;

/** The keys of `tokenizer_config.json` that are used here. A special token is its text, or an object with `content`. */
export interface TokenizerConfig extends Partial<Record<SpecialTokenName, string | { content: string }>> {
  do_lower_case?: boolean;
  strip_accents?: boolean | null;
  tokenize_chinese_chars?: boolean;
  clean_up_tokenization_spaces?: boolean;
  model_max_length?: number;
  padding_side?: Side;
  truncation_side?: Side;
}

/** The text of the special token `name`. */
export function specialToken(config: TokenizerConfig, name: SpecialTokenName): string {
  const entry = config[name];
  return (typeof entry === "object" ? entry.content : entry) ?? SPECIAL_TOKENS[name];
}

/** A `model_max_length` from here on means that there is no limit, by a convention of Hugging Face's files. */
const NO_LENGTH = 1e20;

/**
 * Checks the keys of `tokenizer_config.json` that are used here; `null` counts as not given, except for `strip_accents`.
 *
 * @throws {TokenizerError} On a value of the wrong kind.
 */
export function parseConfig(values: object, location: string): TokenizerConfig {
  const config: Record<string, unknown> = { ...values };
  for (const [key, value] of Object.entries(values)) {
    const [isRight, expected] = CHECKS[key as keyof TokenizerConfig] ?? [];
    if (isRight === undefined || isRight(value)) continue;
    if (value === null) delete config[key];
    else {
      throw new TokenizerError(
        `Cannot load a tokenizer from "${location}": ${key} in tokenizer_config.json must be ${expected}, ` +
          `got ${JSON.stringify(value)}`,
      );
    }
  }
  if (config.model_max_length as number >= NO_LENGTH) delete config.model_max_length;
  return config;
}

type Check = [isRight: (value: unknown) => boolean, expected: string];
const FLAG: Check = [(value) => typeof value === "boolean", "true or false"];
const SIDE: Check = [(value) => value === "left" || value === "right", '"left" or "right"'];
const TOKEN: Check = [
  (value) => typeof value === "string" || typeof (value as { content?: unknown } | null)?.content === "string",
  "a text or an object with a content",
];
const CHECKS: Record<keyof TokenizerConfig, Check> = {
  pad_token: TOKEN,
  unk_token: TOKEN,
  cls_token: TOKEN,
  sep_token: TOKEN,
  mask_token: TOKEN,
  do_lower_case: FLAG,
  strip_accents: [(value) => typeof value === "boolean" || value === null, "true, false or null"],
  tokenize_chinese_chars: FLAG,
  clean_up_tokenization_spaces: FLAG,
  model_max_length: [(value) => Number.isInteger(value) && value as number >= 1, "a whole number from 1 up"],
  padding_side: SIDE,
  truncation_side: SIDE,
};
