/** Reads the files of a tokenizer: `tokenizer.json` or `vocab.txt`, and `tokenizer_config.json` if present. */

import { TokenizerError } from "../../base/errors.ts";
import { isObject } from "../../base/json.ts";
import { parseConfig, type TokenizerConfig } from "./config.ts";
import { tokenizerFromVocabulary } from "./vocabulary.ts";

/** A folder of files, local or remote; `openFolder` of `src/io` gives one. */
export interface TokenizerFolder {
  /** Path or address, for messages. */
  readonly location: string;
  /** Whether the folder holds `file`. */
  has(file: string): Promise<boolean>;
  /** The bytes of `file`. */
  read(file: string): Promise<Uint8Array>;
}

/** The parsed files of a tokenizer. */
export interface TokenizerFiles {
  /** Path or address that the files came from, for messages. */
  readonly location: string;
  /** `tokenizer.json` as an object. */
  readonly tokenizer: object;
  /** `tokenizer_config.json` as an object, `{}` if there is none. */
  readonly config: TokenizerConfig;
}

/** Whether a folder holds a tokenizer at all. */
export async function hasTokenizer(folder: TokenizerFolder): Promise<boolean> {
  return await folder.has("tokenizer.json") || await folder.has("vocab.txt");
}

/**
 * Reads and parses the tokenizer files of a folder.
 *
 * @throws {TokenizerError} If there is neither `tokenizer.json` nor `vocab.txt`, or a file is broken.
 */
export async function readTokenizerFiles(folder: TokenizerFolder): Promise<TokenizerFiles> {
  const { location } = folder;
  const config: TokenizerConfig = await folder.has("tokenizer_config.json")
    ? parseConfig(await readJson(folder, "tokenizer_config.json"), location)
    : {};
  if (await folder.has("tokenizer.json")) {
    return { location, config, tokenizer: await readJson(folder, "tokenizer.json") };
  }
  if (await folder.has("vocab.txt")) {
    return { location, config, tokenizer: tokenizerFromVocabulary(await readText(folder, "vocab.txt"), config) };
  }
  throw noTokenizer(folder);
}

async function readText(folder: TokenizerFolder, file: string): Promise<string> {
  const bytes = await folder.read(file);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new TokenizerError(`Cannot load a tokenizer from "${folder.location}": ${file} must be UTF-8 text`, {
      cause,
    });
  }
}

async function readJson(folder: TokenizerFolder, file: string): Promise<object> {
  const text = await readText(folder, file);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new TokenizerError(
      `Cannot load a tokenizer from "${folder.location}": ${file} must be JSON: ${(cause as Error).message}`,
      { cause },
    );
  }
  if (!isObject(value)) {
    throw new TokenizerError(`Cannot load a tokenizer from "${folder.location}": ${file} must be a JSON object`);
  }
  return value;
}

/** Names of the files that tokenizers are saved as. */
export const TOKENIZER_FILES: readonly string[] = [
  "tokenizer.json",
  "tokenizer_config.json",
  "vocab.txt",
  "special_tokens_map.json",
  "added_tokens.json",
];

/**
 * The bytes of all files that a folder has of its tokenizer, by name.
 *
 * @throws {TokenizerError} If there is none.
 */
export async function copyTokenizerFiles(folder: TokenizerFolder): Promise<Map<string, Uint8Array>> {
  if (!await hasTokenizer(folder)) throw noTokenizer(folder);
  const files = new Map<string, Uint8Array>();
  for (const name of TOKENIZER_FILES) if (await folder.has(name)) files.set(name, await folder.read(name));
  return files;
}

function noTokenizer({ location }: TokenizerFolder): TokenizerError {
  return new TokenizerError(
    `Cannot load a tokenizer from "${location}": the folder must hold tokenizer.json or vocab.txt, and holds neither`,
  );
}
