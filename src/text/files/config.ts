/** The keys of `tokenizer_config.json`. */

import { TokenizerError } from "../../base/errors.ts";
import { isObject } from "../../base/json.ts";
import type { Side } from "../encoding/encoding.ts";
import type { AddedToken } from "../splitting/added_tokens.ts";

/** The names of special tokens in `tokenizer_config.json`, in Python's order, by which new ones get their ids. */
export const TOKEN_NAMES = [
  "bos_token",
  "eos_token",
  "unk_token",
  "sep_token",
  "pad_token",
  "cls_token",
  "mask_token",
] as const;

/** The name of a special token in `tokenizer_config.json`. */
export type SpecialTokenName = typeof TOKEN_NAMES[number];

/** A token of these files that is found whole: its text, or how it is found. */
export type ConfigToken = string | Omit<AddedToken, "id">;

/** The keys of `tokenizer_config.json` that are used here. */
export interface TokenizerConfig extends Partial<Record<SpecialTokenName, ConfigToken>> {
  tokenizer_class?: string;
  /** Where the Python code of such a class is. */
  auto_map?: unknown;
  do_lower_case?: boolean;
  strip_accents?: boolean | null;
  tokenize_chinese_chars?: boolean;
  add_prefix_space?: boolean;
  trim_offsets?: boolean;
  clean_up_tokenization_spaces?: boolean;
  /** The lists that a model is given. */
  model_input_names?: readonly string[];
  model_max_length?: number;
  padding_side?: Side;
  truncation_side?: Side;
  additional_special_tokens?: readonly ConfigToken[];
  /** transformers 5 has a list; 4 has names of tokens. */
  extra_special_tokens?: readonly ConfigToken[] | Readonly<Record<string, ConfigToken>>;
  /** Tokens by their ids. */
  added_tokens_decoder?: Readonly<Record<string, ConfigToken>>;
}

/** The text of a token. */
export function contentOf(token: ConfigToken): string {
  return typeof token === "string" ? token : token.content;
}

/** A `model_max_length` from here on means that there is no limit, by a convention of Hugging Face's files. */
const NO_LENGTH = 1e20;

/**
 * Checks the keys of `tokenizer_config.json` that are used here; `null` counts as not given, except for `strip_accents`.
 *
 * @param file The name of the file, for messages: `special_tokens_map.json` has some of these keys too.
 * @throws {TokenizerError} On a value of the wrong kind.
 */
export function parseConfig(values: object, location: string, file = "tokenizer_config.json"): TokenizerConfig {
  const config: Record<string, unknown> = { ...values };
  for (const [key, value] of Object.entries(values)) {
    const [isRight, expected] = CHECKS[key as keyof TokenizerConfig] ?? [];
    if (isRight === undefined || isRight(value)) continue;
    if (value === null) delete config[key];
    else {
      throw new TokenizerError(
        `Cannot load a tokenizer from "${location}": ${key} in ${file} must be ${expected}, ` +
          `got ${JSON.stringify(value)}`,
      );
    }
  }
  if (config.model_max_length as number >= NO_LENGTH) delete config.model_max_length;
  return config;
}

function isToken(value: unknown): value is ConfigToken {
  if (typeof value === "string") return true;
  return isObject(value) && typeof value.content === "string" &&
    ["single_word", "lstrip", "rstrip", "normalized", "special"].every((name) =>
      value[name] === undefined || typeof value[name] === "boolean"
    );
}

function areTokens(value: unknown): boolean {
  return Array.isArray(value) && value.every(isToken);
}

type Check = [isRight: (value: unknown) => boolean, expected: string];
const FLAG: Check = [(value) => typeof value === "boolean", "true or false"];
const SIDE: Check = [(value) => value === "left" || value === "right", '"left" or "right"'];
const TOKEN: Check = [isToken, "a text or an object with a content"];
const CHECKS: Record<keyof TokenizerConfig, Check> = {
  ...Object.fromEntries(TOKEN_NAMES.map((name) => [name, TOKEN])) as Record<SpecialTokenName, Check>,
  tokenizer_class: [(value) => typeof value === "string", "the name of a class"],
  auto_map: [(value) => value !== null, "where the code of a class is"],
  do_lower_case: FLAG,
  strip_accents: [(value) => typeof value === "boolean" || value === null, "true, false or null"],
  tokenize_chinese_chars: FLAG,
  add_prefix_space: FLAG,
  trim_offsets: FLAG,
  clean_up_tokenization_spaces: FLAG,
  model_input_names: [
    (value) => Array.isArray(value) && value.every((name) => typeof name === "string"),
    "a list of names",
  ],
  model_max_length: [(value) => Number.isInteger(value) && value as number >= 1, "a whole number from 1 up"],
  padding_side: SIDE,
  truncation_side: SIDE,
  additional_special_tokens: [areTokens, "a list of texts or objects with a content"],
  extra_special_tokens: [
    (value) => areTokens(value) || isObject(value) && Object.values(value).every(isToken),
    "a list of tokens, or an object of them",
  ],
  added_tokens_decoder: [
    (value) =>
      isObject(value) &&
      Object.entries(value).every(([id, token]) =>
        /^\d{1,15}$/.test(id) && typeof token !== "string" && isToken(token)
      ),
    "an object of ids, each with an object with a content",
  ],
};
