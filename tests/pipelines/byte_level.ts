/** A tokenizer of byte-level tokens, as RoBERTa has them. */

import { BertTokenizer } from "../../src/text/bert_tokenizer.ts";

/** Special tokens, which have the first ids. */
export const SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

/** The tokenizer of a vocabulary, which begins with {@linkcode SPECIAL}, and of merges. */
export function byteLevelTokenizer(vocab: Record<string, number>, merges: readonly string[] = []): BertTokenizer {
  return new BertTokenizer({
    location: "folder",
    tokenizer: {
      pre_tokenizer: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true },
      post_processor: {
        type: "RobertaProcessing",
        cls: ["[CLS]", 2],
        sep: ["[SEP]", 3],
        trim_offsets: true,
        add_prefix_space: true,
      },
      decoder: { type: "ByteLevel" },
      model: { type: "BPE", vocab, merges: [...merges] },
    },
    config: {},
  });
}
