/** Text that is lower-cased before the tokenizer's normalizer has it, as sentence-transformers does; ids of `tokenizers` 0.23. */

import assert from "node:assert/strict";
import { BertTokenizer, lowerCased } from "../../src/text/bert_tokenizer.ts";

const WORDS = "[PAD] [UNK] [CLS] [SEP] [MASK] hello world a b c ab i ##\u0307 <X>".split(" ");

const NORMALIZERS = [
  null,
  { type: "NFC" },
  { type: "BertNormalizer", lowercase: false },
  { type: "Sequence", normalizers: [{ type: "NFD" }] },
  { type: "Sequence", normalizers: [{ type: "NFD" }, { type: "Lowercase" }] },
];

Deno.test("words and added tokens of text are lower-cased, whatever the normalizer, and special tokens are not", () => {
  for (const normalizer of NORMALIZERS) {
    const tokenizer = lowerCased(
      new BertTokenizer({
        location: "folder",
        config: { tokenizer_class: "PreTrainedTokenizerFast" },
        tokenizer: {
          normalizer,
          added_tokens: [
            ...[0, 1, 2, 3, 4].map((id) => ({ id, content: WORDS[id], normalized: false, special: true })),
            { id: 13, content: "<X>", normalized: true, special: false },
          ],
          pre_tokenizer: { type: "WhitespaceSplit" },
          model: {
            type: "WordPiece",
            unk_token: "[UNK]",
            vocab: Object.fromEntries(WORDS.map((word, id) => [word, id])),
          },
        },
      }),
    );
    const texts = ["Hello [MASK] WORLD", "[mask] A <x> <X>", "İ AB[SEP]Ab"];
    const expected = [[5, 4, 6], [1, 7, 13, 13], [11, 12, 10, 3, 10]];
    assert.deepEqual(texts.map((text) => tokenizer.encode(text)), expected, JSON.stringify(normalizer));
  }
});
