/** What `tokenizer_config.json` says, and BERT's five special tokens, which it may rename. */

/** Name of each special token in `tokenizer_config.json`, and its text where that file does not say. */
export const SPECIAL_TOKENS = {
  pad_token: "[PAD]",
  unk_token: "[UNK]",
  cls_token: "[CLS]",
  sep_token: "[SEP]",
  mask_token: "[MASK]",
} as const;

/** The name of a special token in `tokenizer_config.json`. */
export type SpecialTokenName = keyof typeof SPECIAL_TOKENS;

/** The keys of `tokenizer_config.json` that are used here. A special token is its text, or an object with `content`. */
export interface TokenizerConfig extends Partial<Record<SpecialTokenName, string | { content: string }>> {
  do_lower_case?: boolean;
  strip_accents?: boolean | null;
  tokenize_chinese_chars?: boolean;
  clean_up_tokenization_spaces?: boolean;
  model_max_length?: number;
}

/** The text of the special token `name`. */
export function specialToken(config: TokenizerConfig, name: SpecialTokenName): string {
  const entry = config[name];
  return (typeof entry === "object" ? entry.content : entry) ?? SPECIAL_TOKENS[name];
}
