/** Writes the files of a tokenizer, for those that its folder does not hold. */

import { isObject } from "../../base/json.ts";
import type { TokenizerConfig } from "./config.ts";
import { withConfig } from "./config_tokens.ts";
import type { TokenizerFiles } from "./files.ts";
import type { TokenizerParts } from "./tokenizer_json.ts";
import { isLines, vocabularyText } from "./vocabulary.ts";

/** A tokenizer that is saved. */
export interface SavedTokenizer {
  files: TokenizerFiles;
  parts: TokenizerParts;
}

/**
 * The contents of `tokenizer.json`, `tokenizer_config.json`, `special_tokens_map.json` and, if it can hold the
 * vocabulary, `vocab.txt`: together they bring the same tokenizer back, here and in Python.
 */
export function writtenFiles({ files, parts }: SavedTokenizer): Map<string, string> {
  const { config, tokenizer, location } = files;
  const tokens = Object.fromEntries(Object.entries(parts.special.named).map(([name, { token }]) => [name, token]));
  const added = parts.added.toSorted((a, b) => a.id - b.id).map((token) => ({
    id: token.id,
    content: token.content,
    single_word: token.single_word ?? false,
    lstrip: token.lstrip ?? false,
    rstrip: token.rstrip ?? false,
    normalized: token.normalized ?? !token.special,
    special: token.special ?? false,
  }));
  const json: Record<string, unknown> = { version: "1.0", ...withConfig(tokenizer, config), added_tokens: added };
  const map = { ...tokens, ...listed(config) };
  const written = new Map([
    ["tokenizer.json", text(json)],
    ["tokenizer_config.json", text({ ...config, ...map, ...settings(files, parts), ...prefixOf(json) })],
    ["special_tokens_map.json", text(map)],
  ]);
  if (parts.kind === "WordPiece" && isLines(parts.model.ids)) {
    written.set("vocab.txt", vocabularyText(parts.model.ids, location));
  }
  return written;
}

/** The class that Python loads the files by, and whatever it would take its own default for. */
function settings({ config }: TokenizerFiles, { isBert, normalizing, defaults }: TokenizerParts): TokenizerConfig {
  return {
    tokenizer_class: config.tokenizer_class ?? (isBert ? "BertTokenizer" : "PreTrainedTokenizerFast"),
    ...(normalizing && {
      do_lower_case: normalizing.lowercase,
      strip_accents: normalizing.strip_accents,
      tokenize_chinese_chars: normalizing.handle_chinese_chars,
    }),
    padding_side: defaults.padding_side,
    truncation_side: defaults.truncation_side,
    model_input_names: defaults.model_input_names,
  };
}

/** `add_prefix_space` of bytes: if it is not said, transformers 4 takes it for false, whatever `tokenizer.json` says. */
function prefixOf({ pre_tokenizer: words }: Readonly<Record<string, unknown>>): TokenizerConfig {
  const { type, add_prefix_space } = isObject(words) ? words : {};
  return type === "ByteLevel" ? { add_prefix_space: add_prefix_space as boolean } : {};
}

function listed({ additional_special_tokens: tokens }: TokenizerConfig): object {
  return tokens === undefined || tokens.length === 0 ? {} : { additional_special_tokens: tokens };
}

function text(json: object): string {
  return `${JSON.stringify(json, null, 2)}\n`;
}
