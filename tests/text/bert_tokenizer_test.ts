import assert from "node:assert/strict";
import { TokenizerError } from "../../src/base/errors.ts";
import { BertTokenizer } from "../../src/text/bert_tokenizer.ts";
import { readTokenizerFiles } from "../../src/text/files.ts";
import { filesFolder, shippedFolder } from "./folders.ts";

/** One golden case: ids of `tokenizers` 0.13.3 in Python with the vocabulary of bert-base-uncased. */
interface GoldenCase {
  text: string;
  text_pair: string | null;
  options: { truncation?: true | "longest_first"; max_length?: number };
  input_ids: number[];
  token_type_ids: number[];
  decoded: string;
  decoded_clean: string;
}

const GOLDEN = new URL("../golden/text/", import.meta.url);

async function shipped(without: string[] = []): Promise<BertTokenizer> {
  return new BertTokenizer(await readTokenizerFiles(shippedFolder("mlm", without)));
}

Deno.test("91 golden texts and pairs: ids, types and decoded text are those of the Python tokenizer", async () => {
  const { cases }: { cases: GoldenCase[] } = JSON.parse(await Deno.readTextFile(new URL("tokenizer.json", GOLDEN)));
  const vocabulary = await Deno.readFile(new URL("vocab.txt", GOLDEN));
  const tokenizer = new BertTokenizer(await readTokenizerFiles(filesFolder({ "vocab.txt": vocabulary })));
  assert.equal(cases.length, 91);
  assert.equal(tokenizer.vocab_size, 30_522);
  for (const { text, text_pair, options, ...expected } of cases) {
    const encoding = tokenizer.encode_plus(text, { ...options, text_pair: text_pair ?? undefined });
    assert.deepEqual(encoding.input_ids, expected.input_ids, text);
    assert.deepEqual(encoding.token_type_ids, expected.token_type_ids, text);
    assert.deepEqual(encoding.attention_mask, expected.input_ids.map(() => 1), text);
    assert.equal(tokenizer.decode(encoding.input_ids, { clean_up_tokenization_spaces: false }), expected.decoded);
    assert.equal(tokenizer.decode(encoding.input_ids, { skip_special_tokens: true }), expected.decoded_clean);
  }
});

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

Deno.test("an empty text_pair is still a pair", async () => {
  assert.deepEqual((await shipped()).encode_plus("person", { text_pair: "" }), {
    input_ids: [2, 340, 3, 3],
    token_type_ids: [0, 0, 0, 1],
    attention_mask: [1, 1, 1, 1],
  });
});

Deno.test("a text that is no string is a TypeError", async () => {
  const tokenizer = await shipped();
  const notText = 7 as unknown as string;
  assert.throws(() => tokenizer.encode(notText), new TypeError("Cannot encode: text must be a string, got number"));
  assert.throws(() => tokenizer.encode("a", { text_pair: notText }), /text_pair must be a string, got number/);
});

Deno.test("unusable files are a TokenizerError that names folder and file", async () => {
  const cases: [files: Record<string, string | Uint8Array<ArrayBuffer>>, message: RegExp][] = [
    [{}, /Cannot load a tokenizer from "memory": the folder must hold tokenizer.json or vocab.txt, and holds neither/],
    [{ "tokenizer.json": "{" }, /tokenizer.json must be JSON/],
    [{ "tokenizer.json": "[]" }, /tokenizer.json must be a JSON object/],
    [{ "tokenizer.json": "{}" }, /Cannot load a tokenizer from "memory": .*model/],
    [{ "vocab.txt": Uint8Array.of(0xff) }, /vocab.txt must be UTF-8 text/],
    [{ "vocab.txt": "a\nb\n" }, /pad_token "\[PAD\]" must be in the vocabulary, and is not/],
  ];
  for (const [files, message] of cases) {
    await assert.rejects(async () => new BertTokenizer(await readTokenizerFiles(filesFolder(files))), (error) => {
      assert(error instanceof TokenizerError);
      assert.match(error.message, message);
      return true;
    });
  }
});
