/** Parts of a `tokenizer.json`, and files beside it, that are wrong: each is refused by name. */

import assert from "node:assert/strict";
import { TokenizerError } from "../../src/base/errors.ts";
import { BertTokenizer } from "../../src/text/bert_tokenizer.ts";
import { readTokenizerFiles } from "../../src/text/files/files.ts";
import { filesFolder } from "./folders.ts";

const VOCAB = { "[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4, a: 5, b: 6, ab: 7 };
const LINES = Object.keys(VOCAB).join("\n");

async function refuses(files: Record<string, string>, message: RegExp): Promise<void> {
  await assert.rejects(async () => new BertTokenizer(await readTokenizerFiles(filesFolder(files))), (error) => {
    assert(error instanceof TokenizerError, String(error));
    assert.match(error.message, /^Cannot load a tokenizer from "memory\/": /);
    assert.match(error.message, message);
    return true;
  });
}

Deno.test("a part of tokenizer.json that is unknown, or has a wrong field, is named by its path", async () => {
  const bpe = { type: "BPE", vocab: VOCAB, merges: ["a b"] };
  const cases: [part: object, message: RegExp][] = [
    [{ version: "2.0" }, /version must be "1.0", got "2.0"/],
    [{ normalizer: [] }, /normalizer must be an object, got \[\]/],
    [{ normalizer: {} }, /normalizer.type must be the name of a kind, got null/],
    [{ normalizer: { type: "Sequence" } }, /normalizer.normalizers must be a list, got null/],
    [
      { normalizer: { type: "Sequence", normalizers: [{ type: "NFD" }, { type: "Unheard" }] } },
      /normalizer.normalizers\[1\].type must be one of Sequence, BertNormalizer, .*, got "Unheard"/,
    ],
    [{ normalizer: { type: "toString" } }, /normalizer.type must be one of/],
    [{ normalizer: { type: "Strip", strip_left: true } }, /normalizer.strip_right must be true or false, got null/],
    [{ normalizer: { type: "Prepend", prepend: 1 } }, /normalizer.prepend must be a text, got 1/],
    [
      { normalizer: { type: "Replace", content: "" } },
      /normalizer.pattern must be \{ String \} or \{ Regex \}, got null/,
    ],
    [
      { normalizer: { type: "Replace", pattern: { Regex: "(?<x>a)" }, content: "" } },
      /normalizer.pattern.Regex must be a regular expression that is known here \("\(\?<" is not known here\)/,
    ],
    [
      { normalizer: { type: "Precompiled", precompiled_charsmap: "%" } },
      /normalizer.precompiled_charsmap must be SentencePiece's compiled rules in base64, got "%"/,
    ],
    [
      { normalizer: { type: "BertNormalizer", lowercase: "yes" }, pre_tokenizer: { type: "BertPreTokenizer" } },
      /normalizer.lowercase must be true or false, got "yes"/,
    ],
    [{ pre_tokenizer: { type: "UnicodeScripts" } }, /pre_tokenizer.type must be one of .*, got "UnicodeScripts"/],
    [
      { pre_tokenizer: { type: "Split", pattern: { String: "a" }, behavior: "Gone", invert: false } },
      /pre_tokenizer.behavior must be one of Removed, Isolated, .*, got "Gone"/,
    ],
    [
      { pre_tokenizer: { type: "Split", pattern: { Regex: "a++" }, behavior: "Removed", invert: false } },
      /pre_tokenizer.pattern.Regex must be a regular expression that is known here/,
    ],
    [{ pre_tokenizer: { type: "Metaspace", replacement: "__" } }, /pre_tokenizer.replacement must be a character/],
    [
      { pre_tokenizer: { type: "Metaspace", replacement: "_", prepend_scheme: "first", add_prefix_space: false } },
      /pre_tokenizer.prepend_scheme must be "never", as add_prefix_space is false, got "first"/,
    ],
    [{ pre_tokenizer: { type: "FixedLength", length: 0 } }, /pre_tokenizer.length must be a whole number from 1 up/],
    [{ decoder: { type: "Unheard" } }, /decoder.type must be one of Sequence, WordPiece, .*, got "Unheard"/],
    [{ decoder: { type: "Strip", content: "ab", start: 0, stop: 0 } }, /decoder.content must be a character, got "ab"/],
    [{ post_processor: { type: "Unheard" } }, /post_processor.type must be one of BertProcessing, /],
    [{ post_processor: { type: "BertProcessing", cls: "[CLS]" } }, /post_processor.cls must be a token and its id/],
    [
      { post_processor: { type: "TemplateProcessing", single: [{ Sequence: { id: "B", type_id: 0 } }], pair: [] } },
      /post_processor.single\[0\] must be of id "A", got \{"Sequence"/,
    ],
    [
      {
        post_processor: {
          type: "TemplateProcessing",
          single: [{ SpecialToken: { id: "[CLS]", type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
          pair: [],
          special_tokens: {},
        },
      },
      /post_processor.single\[0\] must be a text, or one of special_tokens with its ids/,
    ],
    [
      { post_processor: { type: "TemplateProcessing", single: [], pair: [] } },
      /post_processor.single must be a list with the first text in it once, got \[\]/,
    ],
    [{ model: { ...bpe, merges: ["a"] } }, /model.merges\[0\] must be two tokens, got "a"/],
    [{ model: { ...bpe, merges: ["b a"] } }, /model.merges\[0\] must be of the vocabulary, with "ba" in it, got "b a"/],
    [{ model: { ...bpe, dropout: 0.1 } }, /model.dropout must be null or 0, as ids would be random, got 0.1/],
    [
      { model: { ...bpe, byte_fallback: true, end_of_word_suffix: "</w>" } },
      /model.byte_fallback must be false, as words have a prefix or suffix, got true/,
    ],
    [{ model: { type: "Unigram", vocab: [["a"]] } }, /model.vocab\[0\] must be a token and its score, got \["a"\]/],
    [
      { model: { type: "Unigram", vocab: [["a", 0]], unk_id: 1 } },
      /model.unk_id must be less than the 1 tokens of vocab/,
    ],
    [{ model: { type: "WordLevel", vocab: { a: 0.5 } } }, /the id of "a" must be a whole number from 0 up, got 0.5/],
    [{ added_tokens: [{ content: "x", id: 8, lstrip: 1 }] }, /added_tokens\[0\].lstrip must be true or false, got 1/],
  ];
  const model = { type: "WordPiece", vocab: VOCAB, unk_token: "[UNK]" };
  for (const [part, message] of cases) await refuses({ "tokenizer.json": JSON.stringify({ model, ...part }) }, message);
});

Deno.test("files beside the vocabulary that are wrong are named, and what is wrong in them", async () => {
  const cases: [file: string, text: string, message: RegExp][] = [
    ["added_tokens.json", "{", /added_tokens.json must be JSON/],
    ["added_tokens.json", "[]", /added_tokens.json must be a JSON object/],
    ["added_tokens.json", '{"x": "8"}', /the id of "x" in added_tokens.json must be a whole number from 0 up, got "8"/],
    ["special_tokens_map.json", "1", /special_tokens_map.json must be a JSON object/],
    [
      "special_tokens_map.json",
      '{"mask_token": 4}',
      /mask_token in special_tokens_map.json must be a text or an object/,
    ],
    [
      "special_tokens_map.json",
      '{"additional_special_tokens": "x"}',
      /additional_special_tokens in special_tokens_map.json must be a list of texts or objects with a content, got "x"/,
    ],
    [
      "tokenizer_config.json",
      '{"added_tokens_decoder": {"x": {"content": "y"}}}',
      /added_tokens_decoder in tokenizer_config.json must be an object of ids, each with an object with a content/,
    ],
    [
      "tokenizer_config.json",
      '{"extra_special_tokens": 7}',
      /extra_special_tokens in tokenizer_config.json must be a list of tokens, or an object of them, got 7/,
    ],
    [
      "tokenizer_config.json",
      '{"tokenizer_class": 7}',
      /tokenizer_class in tokenizer_config.json must be the name of a/,
    ],
    [
      "tokenizer_config.json",
      '{"tokenizer_class": "BertJapaneseTokenizer"}',
      /tokenizer_class must be BertTokenizer or of its kind.*, got "BertJapaneseTokenizer"/,
    ],
    [
      "tokenizer_config.json",
      '{"tokenizer_class": "OwnTokenizer", "auto_map": {"AutoTokenizer": ["own.OwnTokenizer", null]}}',
      /its class "OwnTokenizer" is Python code beside it, which runs with trust_remote_code alone/,
    ],
    [
      "tokenizer_config.json",
      '{"tokenizer_class": "OwnTokenizer", "auto_map": null}',
      /tokenizer_class must be BertTokenizer or of its kind/,
    ],
    [
      "tokenizer_config.json",
      '{"tokenizer_class": "XLMRobertaTokenizerFast"}',
      /tokenizer_class must be BertTokenizer or of its kind, as there is no tokenizer.json/,
    ],
    [
      "tokenizer_config.json",
      '{"mask_token": {"content": "[MASK]", "lstrip": "yes"}}',
      /mask_token in tokenizer_config.json must be a text or an object with a content/,
    ],
  ];
  for (const [file, text, message] of cases) await refuses({ "vocab.txt": LINES, [file]: text }, message);
  await refuses(
    {
      "tokenizer.json": JSON.stringify({ model: { type: "WordPiece", vocab: VOCAB } }),
      "tokenizer_config.json": '{"tokenizer_class": "BertJapaneseTokenizer"}',
    },
    /tokenizer_class must be one of BertTokenizer, NarrowBertTokenizer, .* are read as tokenizer.json says, got "BertJ/,
  );
});

Deno.test("a word that a vocabulary without an unknown token cannot spell is named when it is met", () => {
  const load = (model: object) =>
    new BertTokenizer({
      location: "folder",
      tokenizer: { model },
      config: { tokenizer_class: "PreTrainedTokenizerFast" },
    });
  const unknown = [
    load({ type: "WordLevel", vocab: { a: 0 }, unk_token: "?" }),
    load({ type: "Unigram", vocab: [["a", 0]], unk_id: null }),
    load({ type: "BPE", vocab: { a: 0 }, merges: [], unk_token: "?" }),
  ];
  for (const tokenizer of unknown) {
    assert.deepEqual(tokenizer.encode("a"), [0]);
    assert.throws(() => tokenizer.encode("b"), { name: "TokenizerError", message: /^Cannot encode "b": / });
  }
});
