/** What `tokenizer_config.json` and the files beside it change in a `tokenizer.json`. */

import { isObject } from "../../base/json.ts";
import type { AddedToken } from "../splitting/added_tokens.ts";
import { classOf, isUnnamed, specialToken, USUAL_TOKENS } from "./classes.ts";
import { type ConfigToken, contentOf, type SpecialTokenName, TOKEN_NAMES, type TokenizerConfig } from "./config.ts";
import { normalizerOptions } from "./pipelines.ts";

/**
 * A `tokenizer.json` as transformers has it after reading the config: with the tokens that the config and the class
 * add, and with the options that they set. The ids of new tokens are left to `withIds`.
 */
export function withConfig(tokenizer: object, config: TokenizerConfig): Record<string, unknown> {
  const { pipeline } = classOf(config);
  const given: Record<string, unknown> = { ...tokenizer };
  const file: Record<string, unknown> = pipeline === undefined ? given : { ...pipeline.withOptions(given, config) };
  if (isUnnamed(config)) file.normalizer = withSaid(file.normalizer, config);
  const listed: unknown = file.added_tokens ?? [];
  if (!Array.isArray(listed)) return file; // its reader refuses it
  file.added_tokens = [...listed, ...moreTokens(listed, specialTokens(config, file), config)];
  return file;
}

/** A normalizer with the options that the config says; the others stay, as no class sets them. */
function withSaid(normalizer: unknown, config: TokenizerConfig): unknown {
  if (!isObject(normalizer) || normalizer.type !== "BertNormalizer") return normalizer;
  const { lowercase, strip_accents, handle_chinese_chars } = normalizerOptions(config);
  return {
    ...normalizer,
    ...(config.do_lower_case !== undefined && { lowercase }),
    ...(config.strip_accents !== undefined && { strip_accents }),
    ...(config.tokenize_chinese_chars !== undefined && { handle_chinese_chars }),
  };
}

function moreTokens(
  listed: readonly unknown[],
  special: readonly ConfigToken[],
  config: TokenizerConfig,
): AddedToken[] {
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

/**
 * The special token of each name, by the config, else by the class or the padding of `tokenizer.json`; if no class is
 * named, the usual one that the file has.
 */
export function namedTokens(
  config: TokenizerConfig,
  file: Readonly<Record<string, unknown>>,
): Partial<Record<SpecialTokenName, ConfigToken>> {
  const found: Partial<Record<SpecialTokenName, ConfigToken>> = {};
  for (const name of TOKEN_NAMES) {
    const token = specialToken(config, name) ?? (name === "pad_token" ? padTokenOf(file) : undefined) ??
      (isUnnamed(config) ? usualToken(name, file) : undefined);
    if (token !== undefined) found[name] = token;
  }
  return found;
}

/** All special tokens: those with a name, and the further ones that the config lists. */
export function specialTokens(config: TokenizerConfig, file: Readonly<Record<string, unknown>>): ConfigToken[] {
  const { additional_special_tokens: additional = [], extra_special_tokens: extra = [] } = config;
  return [...Object.values(namedTokens(config, file)), ...additional, ...Object.values(extra) as ConfigToken[]];
}

function padTokenOf({ padding }: Readonly<Record<string, unknown>>): string | undefined {
  return isObject(padding) && typeof padding.pad_token === "string" ? padding.pad_token : undefined;
}

function usualToken(name: SpecialTokenName, file: Readonly<Record<string, unknown>>): string | undefined {
  return USUAL_TOKENS.map((tokens) => tokens[name]).find((token) => token !== undefined && has(file, token));
}

function has({ model, added_tokens }: Readonly<Record<string, unknown>>, token: string): boolean {
  const vocab = isObject(model) ? model.vocab : undefined;
  if (isObject(vocab) && Object.hasOwn(vocab, token)) return true;
  if (Array.isArray(vocab) && vocab.some((entry) => Array.isArray(entry) && entry[0] === token)) return true;
  return Array.isArray(added_tokens) && added_tokens.some((each) => isObject(each) && each.content === token);
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
