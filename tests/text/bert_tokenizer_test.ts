import assert from "node:assert/strict";
import { BertTokenizer } from "../../src/text/bert_tokenizer.ts";
import type { TokenizerConfig } from "../../src/text/files/config.ts";
import { readTokenizerFiles } from "../../src/text/files/files.ts";
import { filesFolder, shippedFolder } from "./folders.ts";

async function shipped(without: string[] = []): Promise<BertTokenizer> {
  return new BertTokenizer(await readTokenizerFiles(shippedFolder("mlm", without)));
}

Deno.test("vocab.txt alone gives the same tokenizer as tokenizer.json", async () => {
  const [json, vocabulary] = await Promise.all([shipped(), shipped(["tokenizer.json"])]);
  assert.equal(vocabulary.vocab_size, json.vocab_size);
  for (const text of ["A small, furry [MASK]!", "Crème brûlée 東京", "[MASK][MASK] x[SEP]y", ""]) {
    assert.deepEqual(vocabulary.encode(text), json.encode(text), text);
  }
});

Deno.test("tokenizer_config.json renames special tokens and keeps case", async () => {
  const tokenizer = new BertTokenizer(
    await readTokenizerFiles(filesFolder({
      "vocab.txt": "<pad>\n[UNK]\n[CLS]\n[SEP]\n<mask>\nword\nWord\n",
      "tokenizer_config.json": '{"pad_token": "<pad>", "mask_token": {"content": "<mask>"}, "do_lower_case": false}',
    })),
  );
  assert.deepEqual(tokenizer.encode("Word <mask> word"), [2, 6, 4, 5, 3]);
  assert.equal(tokenizer.mask_token, "<mask>");
  assert.equal(tokenizer.pad_token_id, 0);
  assert.equal(tokenizer.model_max_length, Infinity);
});

Deno.test("special tokens, lengths and conversions of the shipped tokenizer", async () => {
  const tokenizer = await shipped();
  assert.deepEqual(
    [tokenizer.pad_token_id, tokenizer.unk_token_id, tokenizer.cls_token_id, tokenizer.sep_token_id],
    [0, 1, 2, 3],
  );
  assert.equal(tokenizer.mask_token, "[MASK]");
  assert.equal(tokenizer.mask_token_id, 4);
  assert.equal(tokenizer.model_max_length, 96);
  assert.equal(tokenizer.vocab_size, 8000);
  assert.equal(tokenizer.convert_tokens_to_ids("person"), 340);
  assert.deepEqual(tokenizer.convert_tokens_to_ids(["horse", "no such piece"]), [1484, 1]);
  assert.equal(tokenizer.decode([]), "");
  assert.deepEqual(tokenizer.tokenize("Dogs [MASK]"), ["dogs", "[MASK]"]);
  assert.equal(tokenizer.convert_ids_to_tokens(340), "person");
  assert.deepEqual(tokenizer.convert_ids_to_tokens([1484, 8000]), ["horse", "[UNK]"]);
  assert.deepEqual(tokenizer.all_special_ids, [1, 3, 0, 2, 4]);
  assert.deepEqual(tokenizer.batch_decode([[2, 340, 3], []]), ["[CLS] person [SEP]", ""]);
  assert.equal(tokenizer.decode([340, 8000, 1484]), "person horse", "an id without a token is left out");
});

Deno.test("truncation keeps the special tokens and model_max_length is its default", async () => {
  const tokenizer = await shipped();
  const long = "person ".repeat(200);
  assert.equal(tokenizer.encode(long).length, 202);
  assert.equal(tokenizer.encode(long, { truncation: true }).length, 96);
  assert.deepEqual(tokenizer.encode(long, { truncation: true, max_length: 3 }), [2, 340, 3]);
  assert.throws(
    () => tokenizer.encode("a", { text_pair: "b", truncation: true, max_length: 2 }),
    new RangeError("Cannot encode a text: max_length must be at least 3, got 2"),
  );
});

Deno.test("max_length alone truncates, as in transformers, unless padding or truncation is said", async () => {
  const tokenizer = await shipped();
  const text = "person person person";
  assert.equal(tokenizer.encode(text, { max_length: 4 }).length, 4);
  assert.equal(tokenizer.encode(text, { max_length: 4, truncation: false }).length, 5);
  assert.equal(tokenizer.encode(text, { max_length: 4, padding: "max_length" }).length, 5);
  assert.equal(tokenizer.encode(text, { max_length: 8, padding: "max_length" }).length, 8);
});

Deno.test("tokenizer_config.json counts for more than tokenizer.json where it says something", async () => {
  const { location, tokenizer } = await readTokenizerFiles(shippedFolder("mlm"));
  const encode = (config: TokenizerConfig, text: string) =>
    new BertTokenizer({ location, tokenizer, config }).tokenize(text);
  assert.deepEqual(encode({}, "Hörse 東"), ["horse", "[UNK]"]);
  assert.deepEqual(encode({ do_lower_case: false, strip_accents: null }, "horse Horse hörse"), [
    "horse",
    "[UNK]",
    "[UNK]",
  ]);
  assert.deepEqual(encode({ do_lower_case: false, strip_accents: true }, "hörse"), ["horse"]);
  assert.deepEqual(encode({ strip_accents: false }, "Horse hörse"), ["horse", "[UNK]"]);
  assert.deepEqual(encode({ tokenize_chinese_chars: false }, "horse東"), ["[UNK]"]);
  const sides = new BertTokenizer({ location, tokenizer, config: { padding_side: "left", truncation_side: "left" } });
  assert.deepEqual(sides.encode("horse person", { max_length: 3 }), [2, 340, 3]);
  assert.deepEqual(sides.encode("person", { max_length: 4, padding: "max_length" }), [0, 2, 340, 3]);
});

Deno.test("an empty text_pair is no pair, and neither is null; in a batch too", async () => {
  const tokenizer = await shipped();
  const single = { input_ids: [2, 340, 3], token_type_ids: [0, 0, 0], attention_mask: [1, 1, 1] };
  for (const text_pair of ["", null, undefined]) {
    assert.deepEqual(tokenizer.encode_plus("person", { text_pair }), single);
    const { input_ids } = tokenizer.batch_encode_plus(["person", ["person", text_pair ?? null], ["person", "person"]]);
    assert.deepEqual(input_ids, [[2, 340, 3], [2, 340, 3], [2, 340, 3, 340, 3]]);
  }
});
