/** What `tokenizer_config.json` and the files beside it change in a `tokenizer.json`. */

import { isObject } from "../../base/json.ts";
import type { AddedToken } from "../splitting/added_tokens.ts";
import { kindOfClass } from "./classes.ts";
import { type ConfigToken, contentOf, specialToken, type SpecialTokenName, type TokenizerConfig } from "./config.ts";

/** Python's order of special tokens, by which new ones get their ids. */
const ORDER = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"] as const;

/**
 * A `tokenizer.json` as transformers has it after reading the config: with the tokens that the config adds, and for
 * classes of BERT's kind with its normalizer's options. The ids of new tokens are left to `withIds`.
 */
export function withConfig(tokenizer: object, config: TokenizerConfig): Record<string, unknown> {
  const file: Record<string, unknown> = { ...tokenizer };
  if (kindOfClass(config.tokenizer_class) === "bert") file.normalizer = withOptions(file.normalizer, config);
  const listed: unknown = file.added_tokens ?? [];
  if (!Array.isArray(listed)) return file; // its reader refuses it
  file.added_tokens = [...listed, ...moreTokens(listed, config)];
  return file;
}

/** `tokenizer_config.json` overrides `tokenizer.json`, as in Hugging Face's `BertTokenizerFast`. */
function withOptions(normalizer: unknown, config: TokenizerConfig): unknown {
  if (!isObject(normalizer) || normalizer.type !== "BertNormalizer") return normalizer;
  const { tokenize_chinese_chars, strip_accents, do_lower_case } = config;
  return {
    ...normalizer,
    ...(tokenize_chinese_chars !== undefined && { handle_chinese_chars: tokenize_chinese_chars }),
    ...(strip_accents !== undefined && { strip_accents }),
    ...(do_lower_case !== undefined && { lowercase: do_lower_case }),
  };
}

function moreTokens(listed: readonly unknown[], config: TokenizerConfig): AddedToken[] {
  const special = specialTokens(config);
  const names = new Set(special.map(contentOf));
  const decoder = Object.entries(config.added_tokens_decoder ?? {})
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([id, token]) => added(token, Number(id), names.has(contentOf(token))));
  const known = new Set<unknown>(decoder.map(({ content }) => content));
  for (const token of listed) if (isObject(token)) known.add(token.content);
  const rest: AddedToken[] = [];
  for (const token of special) {
    const content = contentOf(token);
    if (known.has(content) || content === "") continue;
    known.add(content);
    rest.push(added(token, 0, true));
  }
  return [...decoder.filter(({ content }) => content !== ""), ...rest];
}

/** All special tokens that a config names; for a class of BERT's kind BERT's five too. */
function specialTokens(config: TokenizerConfig): ConfigToken[] {
  const isBert = kindOfClass(config.tokenizer_class) === "bert";
  const found: ConfigToken[] = [];
  for (const name of ORDER) {
    const token = config[name];
    if (token !== undefined) found.push(token);
    else if (isBert && name !== "bos_token" && name !== "eos_token") {
      found.push(specialToken(config, name satisfies SpecialTokenName));
    }
  }
  found.push(...config.additional_special_tokens ?? []);
  const extra = config.extra_special_tokens ?? [];
  found.push(...(Array.isArray(extra) ? extra as readonly ConfigToken[] : Object.values(extra) as ConfigToken[]));
  return found;
}

function added(token: ConfigToken, id: number, isSpecial: boolean): AddedToken {
  const given = typeof token === "string" ? { content: token } : token;
  const special = isSpecial || (given.special ?? false);
  return {
    id,
    content: given.content,
    single_word: given.single_word ?? false,
    lstrip: given.lstrip ?? false,
    rstrip: given.rstrip ?? false,
    normalized: given.normalized ?? !special,
    special,
  };
}
