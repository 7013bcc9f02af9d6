/** BERT's older tokenizer file, `vocab.txt`: one word piece a line, its id the line's number from 0. */

import { SPECIAL_TOKENS, specialToken, type SpecialTokenName, type TokenizerConfig } from "./config.ts";

/**
 * The `tokenizer.json` object of the BERT tokenizer with this vocabulary.
 *
 * @param text Contents of `vocab.txt`.
 * @param config Says whether text is lower-cased (default yes), stripped of accents (default: where it is lower-cased)
 *   and split at Chinese characters (default yes).
 */
export function tokenizerFromVocabulary(text: string, config: TokenizerConfig): object {
  const lines = text.split(/\r?\n/);
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
    post_processor: null, // BertTokenizer adds the special tokens itself
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
