/**
 * The tokenizer against the npm library of Hugging Face, which gives no offsets: loading, English text whose words come
 * back, and texts of all Unicode that are new at every call, so that no word is remembered. No GPU takes part.
 */

import { BertTokenizer } from "../src/text/bert_tokenizer.ts";
import { Tokenizer } from "npm:@huggingface/tokenizers@0.2.0";
import { readGolden } from "../tests/text/goldens.ts";
import { randomTexts } from "../tests/text/random_texts.ts";

const json = await readGolden<Record<string, unknown>>("minilm_tokenizer.json.gz");
const english = (await Deno.readTextFile(new URL("texts.txt", import.meta.url))).trim().split("\n");

const files = { location: "minilm_tokenizer.json", tokenizer: json, config: {} };
const library = new Tokenizer(json, {});
const tokenizer = new BertTokenizer(files);

Deno.bench({ name: "library", group: "load", baseline: true }, () => {
  new Tokenizer(json, {});
});
Deno.bench({ name: "ours", group: "load" }, () => {
  new BertTokenizer(files);
});

const ways: Record<string, (text: string) => unknown> = {
  library: (text) => library.encode(text, { return_token_type_ids: true }),
  ours: (text) => tokenizer.encode_plus(text),
  "ours with offsets": (text) => tokenizer.encode_plus(text, { return_offsets_mapping: true }),
};
let seed = 0;
for (const [name, encode] of Object.entries(ways)) {
  const baseline = name === "library";
  Deno.bench({ name, group: `English, ${english.length} texts`, baseline }, () => {
    english.forEach(encode);
  });
  Deno.bench({ name, group: "all Unicode, 100 new texts", baseline }, (bench) => {
    const texts = randomTexts(100, ++seed);
    bench.start();
    texts.forEach(encode);
    bench.end();
  });
}
