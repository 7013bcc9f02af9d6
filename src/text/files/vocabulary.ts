/** BERT's older tokenizer file, `vocab.txt`: one word piece a line, its id the line's number from 0. */

import { TokenizerError } from "../../base/errors.ts";
import { SPECIAL_TOKENS, specialToken, type SpecialTokenName, type TokenizerConfig } from "./config.ts";

/**
 * The `tokenizer.json` object of the BERT tokenizer with this vocabulary.
 *
 * @param text Contents of `vocab.txt`.
 * @param config Says whether text is lower-cased (default yes), stripped of accents (default: if it is lower-cased) and
 *   split at Chinese characters (default yes).
 */
export function tokenizerFromVocabulary(text: string, config: TokenizerConfig): object {
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.at(-1) === "") lines.pop();
  const ids = new Map(lines.map((piece, id) => [piece, id]));
  const specials = (Object.keys(SPECIAL_TOKENS) as SpecialTokenName[])
    .map((name) => specialToken(config, name))
    .filter((content) => ids.has(content));
  return {
    added_tokens: specials.map((content) => ({
      id: ids.get(content),
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: config.tokenize_chinese_chars ?? true,
      strip_accents: config.strip_accents ?? null,
      lowercase: config.do_lower_case ?? true,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: null, // the special tokens are added here, not by the library
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: specialToken(config, "unk_token"),
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(ids),
    },
  };
}

/**
 * The contents of `vocab.txt` for a vocabulary: the reverse of {@linkcode tokenizerFromVocabulary}.
 *
 * @param ids Id of each word piece; `undefined` if the tokenizer has no word pieces.
 * @param location Path or address of the tokenizer, for messages.
 * @throws {TokenizerError} If the ids have gaps, or a piece would not fit on a line.
 */
export function vocabularyText(ids: Readonly<Record<string, number>> | undefined, location: string): string {
  const fail = (problem: string): never => {
    throw new TokenizerError(`Cannot write the tokenizer of "${location}" as vocab.txt: ${problem}`);
  };
  if (ids === undefined) return fail("it must be made of word pieces, and is not");
  const pieces = Object.entries(ids).sort(([, a], [, b]) => a - b);
  const gap = pieces.findIndex(([, id], line) => id !== line);
  if (gap >= 0) fail(`ids must count up from 0 without gaps, and ${gap} is missing or given twice`);
  const broken = pieces.find(([piece]) => /[\r\n]/.test(piece));
  if (broken !== undefined) fail(`a piece must fit on a line, and ${JSON.stringify(broken[0])} does not`);
  return pieces.map(([piece]) => `${piece}\n`).join("");
}
