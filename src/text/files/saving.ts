/** Writes the files of a tokenizer, for those that its folder does not hold. */

import type { TokenizerConfig } from "./config.ts";
import { withConfig } from "./config_tokens.ts";
import type { TokenizerFiles } from "./files.ts";
import type { SpecialToken } from "./special_tokens.ts";
import type { TokenizerParts } from "./tokenizer_json.ts";
import { isLines, vocabularyText } from "./vocabulary.ts";

/** A tokenizer that is saved. */
export interface SavedTokenizer {
  files: TokenizerFiles;
  parts: TokenizerParts;
  /** Special tokens by their names in `special_tokens_map.json`, those that there are. */
  special: Readonly<Record<string, SpecialToken>>;
}

/**
 * The contents of `tokenizer.json`, `tokenizer_config.json`, `special_tokens_map.json` and, if it can hold the
 * vocabulary, `vocab.txt`: together they bring the same tokenizer back, here and in Python.
 */
export function writtenFiles({ files, parts, special }: SavedTokenizer): Map<string, string> {
  const { config, tokenizer, location } = files;
  const tokens = Object.fromEntries(Object.entries(special).map(([name, { token }]) => [name, token]));
  const added = parts.added.toSorted((a, b) => a.id - b.id).map((token) => ({
    id: token.id,
    content: token.content,
    single_word: token.single_word ?? false,
    lstrip: token.lstrip ?? false,
    rstrip: token.rstrip ?? false,
    normalized: token.normalized ?? !token.special,
    special: token.special ?? false,
  }));
  const json = { version: "1.0", ...withConfig(tokenizer, config), added_tokens: added };
  const map = { ...tokens, ...listed(config) };
  const written = new Map([
    ["tokenizer.json", text(json)],
    ["tokenizer_config.json", text({ ...config, ...map, tokenizer_class: classOf(files, parts) })],
    ["special_tokens_map.json", text(map)],
  ]);
  if (parts.hasWordPieces && isLines(parts.model.ids)) {
    written.set("vocab.txt", vocabularyText(parts.model.ids, location));
  }
  return written;
}

/** The class that Python loads the files by: `BertTokenizer` may build BERT's pipeline, whatever tokenizer.json says. */
function classOf({ config }: TokenizerFiles, { isBert }: TokenizerParts): string {
  return config.tokenizer_class ?? (isBert ? "BertTokenizer" : "PreTrainedTokenizerFast");
}

function listed({ additional_special_tokens: tokens }: TokenizerConfig): object {
  return tokens === undefined || tokens.length === 0 ? {} : { additional_special_tokens: tokens };
}

function text(json: object): string {
  return `${JSON.stringify(json, null, 2)}\n`;
}
