import assert from "node:assert/strict";
import { TokenizerError } from "../../src/base/errors.ts";
import { BertTokenizer } from "../../src/text/bert_tokenizer.ts";
import type { EncodeOptions, Encoding } from "../../src/text/encoding/encoding.ts";
import { readTokenizerFiles } from "../../src/text/files/files.ts";
import { filesFolder, shippedFolder } from "./folders.ts";

const tokenizer = new BertTokenizer(await readTokenizerFiles(shippedFolder("mlm")));

Deno.test("a text that is no string is a TypeError that names it", () => {
  const notText = 7 as unknown as string;
  assert.throws(() => tokenizer.encode(notText), new TypeError("Cannot encode: text must be a string, got 7"));
  assert.throws(() => tokenizer.encode("a", { text_pair: notText }), /text_pair must be a string, got 7/);
  assert.throws(() => tokenizer.tokenize(notText), /text must be a string, got 7/);
  for (
    const [texts, message] of [
      ["a", /texts must be a list, got "a"/],
      [["a", 7], /texts\[1\] must be a string or \[text, text_pair\], got 7/],
      [["a", ["b"]], /texts\[1\] must be a string or \[text, text_pair\], got a list/],
      [["a", ["b", 7]], /texts\[1\]: text_pair must be a string, got 7/],
    ] as [string[], RegExp][]
  ) assert.throws(() => tokenizer.batch_encode_plus(texts), { name: "TypeError", message });
});

Deno.test("an option that does not exist, or has a value of the wrong kind, is a TypeError", () => {
  for (
    const [options, message] of [
      [{ max_len: 3 }, /there is no option "max_len", only padding, padding_side, max_length, text_pair, add_special/],
      [{ truncation: "longest" }, /truncation must be one of true, false, "longest_first", .*, got "longest"/],
      [{ padding: 3 }, /padding must be one of true, false, "longest", "max_length", "do_not_pad", got 3/],
      [{ padding_side: "both" }, /padding_side must be one of "left", "right", got "both"/],
      [{ return_word_ids: 1 }, /return_word_ids must be one of true, false, got 1/],
      [{ max_length: "3" }, /max_length must be a number, got "3"/],
      ["a second text", /options must be an object, got "a second text"; a second text is given as { text_pair }$/],
    ] as [EncodeOptions, RegExp][]
  ) assert.throws(() => tokenizer.encode("a", options), { name: "TypeError", message });
  assert.throws(() => tokenizer.batch_encode_plus(["a"], { text_pair: "b" } as EncodeOptions), {
    name: "TypeError",
    message: /pairs of a batch are given as \[text, text_pair\]/,
  });
  assert.throws(
    () => tokenizer.decode([340], { skip: true } as object),
    /there is no option "skip", only skip_special/,
  );
  assert.throws(
    () => tokenizer.pad(tokenizer.encode_plus("a"), { stride: 1 } as object),
    /Cannot pad: there is no opt/,
  );
  assert.throws(() => tokenizer.pad("a" as unknown as Encoding), /encodings must be what a tokenizer gave, got "a"/);
});

Deno.test("lengths that leave no room are a RangeError", () => {
  for (
    const [options, message] of [
      [{ max_length: 0 }, /max_length must be a whole number from 1 up, got 0/],
      [{ max_length: 2.5 }, /max_length must be a whole number from 1 up, got 2.5/],
      [{ max_length: NaN }, /max_length must be a whole number from 1 up, got NaN/],
      [{ stride: -1 }, /stride must be a whole number from 0 up, got -1/],
      [{ max_length: 2, text_pair: "b" }, /max_length must be at least 3, got 2/],
      [{ max_length: 5, stride: 3 }, /stride must be less than the 3 tokens that max_length leaves for text, got 3/],
      [
        { max_length: 6, stride: 2, text_pair: "one two three four" },
        /stride must be less than the 1 tokens kept of a text, got 2/,
      ],
      [
        { max_length: 6, truncation: "only_first", text_pair: "one two three" },
        /"only_first" leaves nothing of that text, as the other has 3 tokens and max_length has room for 3 besides/,
      ],
    ] as [EncodeOptions, RegExp][]
  ) assert.throws(() => tokenizer.encode("one two three four", options), { name: "RangeError", message });
  assert.throws(() => tokenizer.encode("one two three", { max_length: 3, truncation: "only_second" }), {
    name: "TypeError",
    message: /"only_second" cuts the second text, and there is no text_pair/,
  });
});

Deno.test("padding to a length that nobody knows is a RangeError", async () => {
  const unlimited = new BertTokenizer({ ...await readTokenizerFiles(shippedFolder("mlm")), config: {} });
  for (
    const pad of [
      () => unlimited.encode("a", { padding: "max_length" }),
      () => unlimited.pad([], { padding: "max_length" }),
    ]
  ) {
    assert.throws(pad, {
      name: "RangeError",
      message: /padding "max_length" needs a max_length, as the tokenizer's conf/,
    });
  }
});

Deno.test("ids that are none are a TypeError, and so is a pair that has special tokens already", () => {
  assert.throws(() => tokenizer.decode([340, -1]), {
    name: "TypeError",
    message: /ids\[1\] must be a whole number from 0/,
  });
  assert.throws(() => tokenizer.decode(340 as unknown as number[]), /ids must be a list, got 340/);
  assert.throws(() => tokenizer.get_special_tokens_mask([2, 3], [3], { already_has_special_tokens: true }), {
    name: "TypeError",
    message: /ids that have them already take no pair/,
  });
});

Deno.test("unusable files are a TokenizerError that names folder and file", async () => {
  const usable = { normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null, added_tokens: [] };
  const model = { type: "WordPiece", vocab: { "[UNK]": 0 } };
  const json = (more: object) => ({ "tokenizer.json": JSON.stringify({ ...usable, model, ...more }) });
  const config = (more: object) => ({ "vocab.txt": "[UNK]\n", "tokenizer_config.json": JSON.stringify(more) });
  const cases: [files: Record<string, string | Uint8Array<ArrayBuffer>>, message: RegExp][] = [
    [
      {},
      /Cannot load a tokenizer from "memory\/": the folder must hold tokenizer.json or vocab.txt, and holds neither/,
    ],
    [{ "tokenizer.json": "{" }, /tokenizer.json must be JSON/],
    [{ "tokenizer.json": "[]" }, /tokenizer.json must be a JSON object/],
    [{ "tokenizer.json": "{}" }, /Cannot load a tokenizer from "memory\/": model must be an object, got null/],
    [
      json({ model: { type: "Unheard" } }),
      /model.type must be one of WordPiece, BPE, Unigram, WordLevel, got "Unheard"/,
    ],
    [json({ model: { type: "WordPiece" } }), /model.vocab must be an object, got null/],
    [
      json({ model: { ...model, vocab: { "[UNK]": 0, a: -1 } } }),
      /the id of "a" must be a whole number from 0 up, got -1/,
    ],
    [json({ model: { ...model, vocab: { a: 0 } } }), /model.unk_token must be in the vocabulary, got "\[UNK\]"/],
    [
      json({ model: { ...model, max_input_chars_per_word: "9" } }),
      /max_input_chars_per_word must be a whole number from 0 up, got "9"/,
    ],
    [
      json({ model: { ...model, continuing_subword_prefix: 1 } }),
      /model.continuing_subword_prefix must be a text, got 1/,
    ],
    [json({ added_tokens: {} }), /added_tokens must be a list, got \{\}/],
    [json({ added_tokens: [{ content: "", id: 1 }] }), /added_tokens\[0\] must be an object with a content and an id/],
    [json({ normalizer: { type: "Unheard" } }), /normalizer.type must be one of Sequence, .*, got "Unheard"/],
    [config({ do_lower_case: "yes" }), /do_lower_case in tokenizer_config.json must be true or false, got "yes"/],
    [
      config({ model_max_length: 0 }),
      /model_max_length in tokenizer_config.json must be a whole number from 1 up, got 0/,
    ],
    [
      config({ mask_token: 4 }),
      /mask_token in tokenizer_config.json must be a text or an object with a content, got 4/,
    ],
    [config({ padding_side: "top" }), /padding_side in tokenizer_config.json must be "left" or "right", got "top"/],
    [{ "vocab.txt": Uint8Array.of(0xff) }, /vocab.txt must be UTF-8 text/],
    [{ "vocab.txt": "" }, /model.unk_token must be in the vocabulary, got "\[UNK\]"/],
  ];
  for (const [files, message] of cases) {
    await assert.rejects(async () => new BertTokenizer(await readTokenizerFiles(filesFolder(files))), (error) => {
      assert(error instanceof TokenizerError, String(error));
      assert.match(error.message, message);
      assert.match(error.message, /^Cannot load a tokenizer from "memory\/": /);
      return true;
    });
  }
});
