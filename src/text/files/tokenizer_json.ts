/** Checks a `tokenizer.json`, and whether it is of BERT's kind. */

import { TokenizerError } from "../../base/errors.ts";
import { isObject } from "../../base/json.ts";
import type { AddedToken } from "./added_tokens.ts";
import type { NormalizerOptions } from "../bert/normalizer.ts";
import type { TokenizerConfig } from "./config.ts";
import type { TokenizerFiles } from "./files.ts";

/** The `model` of a BERT tokenizer. */
export interface WordPieceModel {
  /** Id of each piece. */
  vocab: Record<string, number>;
  unk_token: string;
  /** Prefix of a piece that continues a word. */
  continuing_subword_prefix: string;
  /** Characters of the longest word that is split; a longer one is one unknown token. */
  max_input_chars_per_word: number;
}

/** The parts of a BERT tokenizer. */
export interface BertTokenizerJson {
  normalizer: NormalizerOptions;
  added_tokens: AddedToken[];
  model: WordPieceModel;
}

/** A `tokenizer.json` that has been checked. */
export interface TokenizerJson {
  /** What the library takes. */
  library: object;
  /** Id of each word piece, if the model has word pieces. */
  pieceIds?: Record<string, number>;
  /** The parts of a tokenizer of BERT's kind. */
  bert?: BertTokenizerJson;
}

/** An object of a file, not checked yet. */
type Unknown = Record<string, unknown>;

/** Throws the error that a value of the file is wrong. */
type Fail = (path: string, expected: string, found: unknown) => never;

/**
 * Checks what the files of a tokenizer hold.
 *
 * @throws {TokenizerError} On a wrong value, named by its path in `tokenizer.json`. The ids of the vocabulary are left
 *   to {@linkcode checkTokenIds}.
 */
export function parseTokenizerJson({ location, tokenizer, config }: TokenizerFiles): TokenizerJson {
  const fail: Fail = (path, expected, found) => {
    throw new TokenizerError(
      `Cannot load a tokenizer from "${location}": ${path} must be ${expected}, got ${JSON.stringify(found)}`,
    );
  };
  const file: Unknown = { ...tokenizer };
  const { model, normalizer, pre_tokenizer } = file;
  const added_tokens = addedTokens(file.added_tokens ?? [], fail);
  if (!isObject(model)) return fail("model", "an object", model ?? null);
  if (!isWordPiece(model)) return { library: { ...file, added_tokens } };
  const checked = wordPieceModel(model, fail);
  const isBert = isObject(normalizer) && normalizer.type === "BertNormalizer" &&
    isObject(pre_tokenizer) && pre_tokenizer.type === "BertPreTokenizer";
  return {
    library: { ...file, added_tokens, model: { ...checked, type: "WordPiece" } },
    pieceIds: checked.vocab,
    bert: isBert ? { normalizer: normalizerOptions(normalizer, config), added_tokens, model: checked } : undefined,
  };
}

/**
 * Checks the id of every token. Takes a map, since going over the entries of an object takes ten times as long.
 *
 * @throws {TokenizerError} On an id that cannot be one.
 */
export function checkTokenIds(ids: ReadonlyMap<string, number>, location: string): void {
  for (const [token, id] of ids) {
    if (isId(id)) continue;
    throw new TokenizerError(
      `Cannot load a tokenizer from "${location}": the id of ${JSON.stringify(token)} must be a whole number ` +
        `from 0 up, got ${JSON.stringify(id)}`,
    );
  }
}

function addedTokens(list: unknown, fail: Fail): AddedToken[] {
  if (!Array.isArray(list)) return fail("added_tokens", "a list", list);
  const wrong = list.findIndex((token: unknown) =>
    !(isObject(token) && typeof token.content === "string" && token.content !== "" && isId(token.id))
  );
  if (wrong >= 0) fail(`added_tokens[${wrong}]`, "an object with a content and an id", list[wrong]);
  return list;
}

/** Files of older versions do not name the kind of their model. */
function isWordPiece(model: Unknown): boolean {
  return model.type === "WordPiece" || (model.type === undefined && isObject(model.vocab) && !("merges" in model));
}

function wordPieceModel(model: Unknown, fail: Fail): WordPieceModel {
  const { vocab, unk_token = "[UNK]", continuing_subword_prefix = "##", max_input_chars_per_word = 100 } = model;
  if (!isObject(vocab)) return fail("model.vocab", "an object", vocab ?? null);
  if (typeof unk_token !== "string" || !Object.hasOwn(vocab, unk_token)) {
    fail("model.unk_token", "in the vocabulary", unk_token);
  }
  if (typeof continuing_subword_prefix !== "string") {
    fail("model.continuing_subword_prefix", "text", continuing_subword_prefix);
  }
  if (!isId(max_input_chars_per_word)) {
    fail("model.max_input_chars_per_word", "a number of characters", max_input_chars_per_word);
  }
  return { vocab, unk_token, continuing_subword_prefix, max_input_chars_per_word } as WordPieceModel;
}

/** `tokenizer_config.json` overrides `tokenizer.json`, as in Hugging Face's `BertTokenizerFast`. */
function normalizerOptions(normalizer: Partial<NormalizerOptions>, config: TokenizerConfig): NormalizerOptions {
  const { clean_text = true, handle_chinese_chars = true, strip_accents = null, lowercase = true } = normalizer;
  return {
    clean_text,
    handle_chinese_chars: config.tokenize_chinese_chars ?? handle_chinese_chars,
    strip_accents: config.strip_accents === undefined ? strip_accents : config.strip_accents,
    lowercase: config.do_lower_case ?? lowercase,
  };
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
