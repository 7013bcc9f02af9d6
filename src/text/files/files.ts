/** Reads the files of a tokenizer: `tokenizer.json` or `vocab.txt`, and `tokenizer_config.json` if present. */

import { TokenizerError } from "../../base/errors.ts";
import { isObject } from "../../base/json.ts";
import { findBytes, type ModelFolder } from "../../io/folder/model_folder.ts";
import { classByModel, classNamed, classNames } from "./classes.ts";
import { parseConfig, type TokenizerConfig } from "./config.ts";
import { withLegacyFiles } from "./legacy_files.ts";
import { tokenizerFromVocabulary } from "./vocabulary.ts";

/** The parsed files of a tokenizer. */
export interface TokenizerFiles {
  /** Path or address that the files came from, for messages. */
  readonly location: string;
  /** `tokenizer.json` as an object. */
  readonly tokenizer: object;
  /** `tokenizer_config.json` as an object, `{}` if there is none. */
  readonly config: TokenizerConfig;
  /** Whether text is lower-cased before the normalizer of these files has it. @default false */
  readonly lowerCase?: boolean;
}

/**
 * Reads and parses the tokenizer files of a folder.
 *
 * @param modelConfig The contents of its `config.json`. Without them that is read if no other file names a class.
 * @throws {TokenizerError} If there is neither `tokenizer.json` nor `vocab.txt`, or a file is broken.
 */
export async function readTokenizerFiles(folder: ModelFolder, modelConfig?: object): Promise<TokenizerFiles> {
  const files = await findTokenizerFiles(folder, modelConfig);
  if (files === null) throw noTokenizer(folder);
  return files;
}

/**
 * {@linkcode readTokenizerFiles}, but `null` if there is neither `tokenizer.json` nor `vocab.txt`.
 *
 * @throws {TokenizerError} If a file is broken.
 */
export async function findTokenizerFiles(folder: ModelFolder, modelConfig?: object): Promise<TokenizerFiles | null> {
  const { location } = folder;
  folder.prepare?.(TOKENIZER_CHOICES);
  const stored = await findJson(folder, "tokenizer_config.json");
  const own: TokenizerConfig = stored === null ? {} : parseConfig(stored, location);
  const tokenizer = await findJson(folder, "tokenizer.json");
  const vocabulary = tokenizer === null ? await findText(folder, "vocab.txt") : null;
  if (tokenizer === null && vocabulary === null) return null;
  own.tokenizer_class ??= classByModel(modelConfig ?? await findJson(folder, "config.json")) ??
    (vocabulary === null ? undefined : "BertTokenizer");
  checkClass(own, { location, hasJson: tokenizer !== null });
  const config = own.added_tokens_decoder !== undefined ? own : await withOlder(own, folder);
  return { location, config, tokenizer: tokenizer ?? tokenizerFromVocabulary(vocabulary!, config) };
}

async function withOlder(config: TokenizerConfig, folder: ModelFolder): Promise<TokenizerConfig> {
  const [special, added] = await Promise.all([
    findJson(folder, "special_tokens_map.json"),
    findJson(folder, "added_tokens.json"),
  ]);
  return withLegacyFiles(config, { location: folder.location, special, added });
}

/** Refuses a tokenizer of a class that computes other ids than its files say. */
function checkClass(
  { tokenizer_class: name, auto_map }: TokenizerConfig,
  { location, hasJson }: { location: string; hasJson: boolean },
): void {
  if (name === undefined) return;
  const known = classNamed(name);
  if (known !== undefined && (hasJson || known.readsVocabulary)) return;
  const subject = `Cannot load a tokenizer from "${location}"`;
  if (auto_map !== undefined) {
    throw new TokenizerError(
      `${subject}: its class ${JSON.stringify(name)} is Python code beside it, which runs with trust_remote_code ` +
        "alone; nothing in a folder is executed here",
    );
  }
  const expected = hasJson
    ? `one of ${classNames()}, of which the last two are read as tokenizer.json says`
    : "BertTokenizer or of its kind, as there is no tokenizer.json";
  throw new TokenizerError(`${subject}: tokenizer_class must be ${expected}, got ${JSON.stringify(name)}`);
}

async function findText(folder: ModelFolder, file: string): Promise<string | null> {
  const bytes = await findBytes(folder, file);
  if (bytes === null) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new TokenizerError(`Cannot load a tokenizer from "${folder.location}": ${file} must be UTF-8 text`, {
      cause,
    });
  }
}

async function findJson(folder: ModelFolder, file: string): Promise<object | null> {
  const text = await findText(folder, file);
  if (text === null) return null;
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

/** The files that a tokenizer is read from: of each list the first that there is. */
export const TOKENIZER_CHOICES: readonly (readonly string[])[] = [
  ["tokenizer_config.json"],
  ["tokenizer.json", "vocab.txt"],
  ["special_tokens_map.json"],
  ["added_tokens.json"],
];

/** Names of the files that tokenizers are saved as. */
export const TOKENIZER_FILES: readonly string[] = [
  "tokenizer.json",
  "tokenizer_config.json",
  "vocab.txt",
  "special_tokens_map.json",
  "added_tokens.json",
  // What other tokenizers than BERT's are made from, which is not read here.
  "vocab.json",
  "merges.txt",
  "spiece.model",
  "sentencepiece.bpe.model",
];

/**
 * The bytes of all files that a folder has of its tokenizer, by name.
 *
 * @throws {TokenizerError} If there is none.
 */
export async function copyTokenizerFiles(folder: ModelFolder): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const name of TOKENIZER_FILES) {
    const bytes = await findBytes(folder, name);
    if (bytes !== null) files.set(name, bytes);
  }
  if (!files.has("tokenizer.json") && !files.has("vocab.txt")) throw noTokenizer(folder);
  return files;
}

function noTokenizer({ location, absence = "" }: ModelFolder): TokenizerError {
  const expected = "the folder must hold tokenizer.json or vocab.txt, and holds neither";
  return new TokenizerError(`Cannot load a tokenizer from "${location}": ${expected}${absence}`);
}
