/** A `tokenizer.json` of BERT's kind, of words of a test. */

/**
 * The contents of the file.
 *
 * @param normalizer Options of its normalizer.
 * @param more Parts in the place of its own.
 */
export function bertJson(words: readonly string[], normalizer: object = {}, more: object = {}) {
  return {
    version: "1.0",
    added_tokens: [],
    normalizer: { type: "BertNormalizer", clean_text: true, ...normalizer },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: { type: "BertProcessing", sep: ["[SEP]", 3], cls: ["[CLS]", 2] },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(words.map((word, id) => [word, id])),
    },
    ...more,
  };
}
