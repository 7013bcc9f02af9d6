/** BERT's own splitter and the general one are equal, whatever the options. */

import assert from "node:assert/strict";
import { BertTokenizer } from "../../src/text/bert_tokenizer.ts";
import { readGolden } from "./goldens.ts";
import { randomTexts } from "./random_texts.ts";

const json = await readGolden<Record<string, unknown>>("minilm_tokenizer.json.gz");

for (
  const options of [
    { clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
    { clean_text: false, handle_chinese_chars: true, strip_accents: true, lowercase: false },
    { clean_text: true, handle_chinese_chars: false, strip_accents: false, lowercase: true },
    { clean_text: false, handle_chinese_chars: false, strip_accents: null, lowercase: false },
  ]
) {
  Deno.test(`BERT's splitter is the general one, only faster: ${JSON.stringify(options)}`, () => {
    const load = (normalizer: object) =>
      new BertTokenizer({ location: "folder", tokenizer: { ...json, normalizer }, config: {} });
    const fast = load({ type: "BertNormalizer", ...options });
    const general = load({ type: "Sequence", normalizers: [{ type: "BertNormalizer", ...options }] });
    const lists = { return_offsets_mapping: true, return_word_ids: true } as const;
    for (const text of randomTexts(400, 17)) {
      assert.deepEqual(general.encode_plus(text, lists), fast.encode_plus(text, lists), JSON.stringify(text));
    }
  });
}
