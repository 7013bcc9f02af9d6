/** What a class of Python's tokenizers makes of a `tokenizer.json`. Expected values are those of transformers 5.24.0. */

import assert from "node:assert/strict";
import { BertTokenizer } from "../../src/text/bert_tokenizer.ts";
import { readTokenizerFiles } from "../../src/text/files/files.ts";
import { bertJson } from "./bert_json.ts";
import { filesFolder } from "./folders.ts";

const WORDS =
  "[PAD] [UNK] [CLS] [SEP] [MASK] hello world a b c ##c ab ##b Hello World é e , . ! don ' t not do u v <x> 東 京 É"
    .split(" ");
const VOCAB = Object.fromEntries(WORDS.map((word, id) => [word, id]));

/** A cased `tokenizer.json` of BERT's kind with other parts. */
const cased = (more: object = {}) =>
  bertJson(WORDS, { handle_chinese_chars: false, strip_accents: false, lowercase: false }, more);

const UNCASED = cased({ normalizer: { type: "BertNormalizer" } });
const FAST = { tokenizer_class: "PreTrainedTokenizerFast" };
const BERT = { tokenizer_class: "BertTokenizer" };
const BERT_MODEL = { model_type: "bert" };

interface Files {
  json?: object;
  config?: object;
  model?: object;
}

async function load({ json = cased(), config, model }: Files): Promise<BertTokenizer> {
  const files = { "tokenizer.json": json, "tokenizer_config.json": config, "config.json": model };
  const given = Object.entries(files).filter(([, file]) => file !== undefined);
  return new BertTokenizer(
    await readTokenizerFiles(
      filesFolder(Object.fromEntries(given.map(([name, file]) => [name, JSON.stringify(file)]))),
    ),
  );
}

const typesOf = (tokenizer: BertTokenizer) => tokenizer.encode_plus("a", { text_pair: "b" }).token_type_ids;

Deno.test("a class of BERT's kind, named or implied by config.json, has its own defaults, whatever tokenizer.json says", async () => {
  const [lower, kept] = [[[2, 5, 16, 3], [2, 28, 29, 16, 3], [2, 5, 6, 3]], [[2, 13, 30, 3], [2, 1, 15, 3], [
    2,
    5,
    14,
    3,
  ]]];
  const cases: [files: Files, ids: number[][], types: 0 | 1][] = [
    [{ config: BERT }, lower, 1],
    [{ config: { tokenizer_class: "BertTokenizerFast" }, model: BERT_MODEL }, lower, 1],
    [{ config: { tokenizer_class: "ElectraTokenizer" }, model: BERT_MODEL }, lower, 1],
    [{ model: BERT_MODEL }, lower, 1],
    [{ config: { model_max_length: 8 }, model: BERT_MODEL }, lower, 1],
    [{ model: { ...BERT_MODEL, tokenizer_class: "DistilBertTokenizer" } }, lower, 0],
    [{ config: { do_lower_case: false }, model: BERT_MODEL }, [[2, 13, 30, 3], [2, 28, 29, 15, 3], [2, 5, 14, 3]], 1],
    [{ config: { ...BERT, strip_accents: false } }, [[2, 5, 15, 3], [2, 28, 29, 15, 3], [2, 5, 6, 3]], 1],
    [{ config: { ...BERT, tokenize_chinese_chars: false, do_lower_case: false, strip_accents: null } }, kept, 1],
    [{ config: FAST, model: BERT_MODEL }, kept, 0],
    [{ config: { tokenizer_class: "TokenizersBackend", do_lower_case: true }, model: BERT_MODEL }, kept, 0],
  ];
  for (const [files, ids, type] of cases) {
    const tokenizer = await load(files);
    assert.deepEqual(
      ["Hello É", "東京 é", "hello World"].map((text) => tokenizer.encode(text)),
      ids,
      JSON.stringify(files),
    );
    assert.deepEqual(typesOf(tokenizer), [0, 0, 0, type, type], JSON.stringify(files));
  }
});

Deno.test("types are given if model_input_names have them, else if the class does, or if they are asked for", async () => {
  const names = ["input_ids", "attention_mask"];
  const all = [...names, "token_type_ids"];
  const classes = ["BertTokenizer", "DistilBertTokenizer", "PreTrainedTokenizerFast", "LxmertTokenizerFast"];
  for (const [index, tokenizer_class] of classes.entries()) {
    const [own, without, withTypes] = await Promise.all(
      [{}, { model_input_names: names }, { model_input_names: all }].map(
        (more) => load({ config: { tokenizer_class, ...more } }),
      ),
    );
    assert.deepEqual(typesOf(own!), index % 3 === 0 ? [0, 0, 0, 1, 1] : [0, 0, 0, 0, 0], tokenizer_class);
    assert.deepEqual(typesOf(without!), [0, 0, 0, 0, 0]);
    assert.deepEqual(typesOf(withTypes!), [0, 0, 0, 1, 1]);
    const pair = { text_pair: "b" };
    assert.deepEqual(without!.encode_plus("a", { ...pair, return_token_type_ids: true }).token_type_ids, [
      0,
      0,
      0,
      1,
      1,
    ]);
    assert.deepEqual(withTypes!.encode_plus("a", { ...pair, return_token_type_ids: false }).token_type_ids, [
      0,
      0,
      0,
      0,
      0,
    ]);
  }
});

Deno.test("classes that are not known here are refused by name, and so are files that a class makes otherwise", async () => {
  for (const name of ["Funnel", "Splinter", "ConvBert", "XLNet", "Llama", "GPT2", "Albert", "Own"]) {
    await assert.rejects(load({ config: { tokenizer_class: `${name}Tokenizer` } }), {
      name: "TokenizerError",
      message: new RegExp(`tokenizer_class must be one of BertTokenizer, .*, got "${name}Tokenizer"$`),
    });
  }
  const roberta = { type: "RobertaProcessing", sep: ["[SEP]", 3], cls: ["[CLS]", 2] };
  const cases: [json: object, config: object, path: string][] = [
    [cased({ post_processor: null }), BERT, "post_processor"],
    [cased({ post_processor: roberta }), BERT, "post_processor"],
    [cased({ pre_tokenizer: { type: "WhitespaceSplit" } }), BERT, "pre_tokenizer"],
    [cased({ normalizer: { type: "Lowercase" } }), BERT, "normalizer"],
    [cased({ model: { ...cased().model, max_input_chars_per_word: 9 } }), BERT, "model.max_input_chars_per_word"],
    [cased({ decoder: null }), BERT, "decoder"],
    [cased(), { tokenizer_class: "RobertaTokenizer" }, "normalizer"],
    [cased(), { tokenizer_class: "XLMRobertaTokenizer" }, "normalizer"],
    [cased({ pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true } }), {
      ...FAST,
      add_prefix_space: true,
    }, "pre_tokenizer.add_prefix_space"],
  ];
  for (const [json, config, path] of cases) {
    await assert.rejects(load({ json, config }), {
      name: "TokenizerError",
      message: new RegExp(
        `^Cannot load a tokenizer from "memory/": ${path} must be .* transformers 4 and 5 make different`,
      ),
    });
    await load({ json, config: FAST });
  }
});

Deno.test("the sides of tokenizer.json count behind those of tokenizer_config.json, and nonsense in it is named", async () => {
  const padding = { strategy: "BatchLongest", direction: "Left", pad_id: 0, pad_type_id: 0, pad_token: "[PAD]" };
  const truncation = { strategy: "LongestFirst", direction: "Left", max_length: 4, stride: 0 };
  const right = { padding_side: "right", truncation_side: "right" };
  const cases: [more: object, config: object, padded: number[], cut: number[]][] = [
    [{ padding }, BERT, [0, 0, 2, 5, 3], [2, 5, 6, 3]],
    [{ padding }, FAST, [0, 0, 2, 5, 3], [2, 5, 6, 3]],
    [{ padding }, { ...BERT, ...right }, [2, 5, 3, 0, 0], [2, 5, 6, 3]],
    [{ padding: { ...padding, strategy: { Fixed: 6 } } }, BERT, [0, 0, 2, 5, 3], [2, 5, 6, 3]],
    [{ truncation }, BERT, [2, 5, 3, 0, 0], [2, 7, 8, 3]],
    [{ truncation }, { ...BERT, ...right }, [2, 5, 3, 0, 0], [2, 5, 6, 3]],
  ];
  for (const [more, config, padded, cut] of cases) {
    const tokenizer = await load({ json: { ...UNCASED, ...more }, config });
    const { input_ids } = tokenizer.batch_encode_plus(["hello", "hello world ab"], { padding: true });
    assert.deepEqual(input_ids, [padded, [2, 5, 6, 11, 3]]);
    assert.deepEqual(tokenizer.encode("hello world a b", { truncation: true, max_length: 4 }), cut);
  }
  for (
    const [more, message] of [
      [{ padding: true }, /padding must be an object or null, got true/],
      [{ padding: { ...padding, direction: "Up" } }, /padding.direction must be "Left" or "Right", got "Up"/],
      [
        { padding: { ...padding, strategy: "Longest" } },
        /padding.strategy must be "BatchLongest" or \{ "Fixed": length \}/,
      ],
      [{ padding: { ...padding, pad_type_id: 1 } }, /padding.pad_type_id must be 0/],
      [{ truncation: { ...truncation, direction: 1 } }, /truncation.direction must be "Left" or "Right", got 1/],
      [
        { truncation: { ...truncation, max_length: -4 } },
        /truncation.max_length must be a whole number from 0 up, got -4/,
      ],
    ] as const
  ) await assert.rejects(load({ json: { ...UNCASED, ...more } }), { name: "TokenizerError", message });
});

Deno.test("special tokens are those that the files and the class name; one that is not there has no id", async () => {
  const listed = await load({
    json: UNCASED,
    config: { ...FAST, unk_token: "[UNK]", additional_special_tokens: ["<x>"] },
  });
  assert.deepEqual([listed.all_special_tokens, listed.all_special_ids], [["[UNK]", "<x>"], [1, 27]]);
  assert.deepEqual(
    listed.get_special_tokens_mask([2, 5, 27, 0, 3], undefined, { already_has_special_tokens: true }),
    [0, 0, 1, 0, 0],
  );
  const bert = await load({ json: UNCASED, config: { ...BERT, additional_special_tokens: ["<x>", "new"] } });
  assert.deepEqual(bert.all_special_tokens, ["[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]", "<x>", "new"]);
  assert.deepEqual([bert.all_special_ids, bert.vocab_size], [[1, 3, 0, 2, 4, 27, 31], 32]);
  assert.deepEqual(
    bert.get_special_tokens_mask([2, 5, 27, 0, 3], undefined, { already_has_special_tokens: true }),
    [1, 0, 1, 1, 1],
  );
  const bare = await load({ json: UNCASED, config: FAST });
  assert.deepEqual([bare.all_special_ids, bare.pad_token, bare.mask_token_id, bare.vocab_size], [
    [],
    undefined,
    undefined,
    31,
  ]);
  assert.deepEqual(bare.convert_tokens_to_ids(["hello", "zzz"]), [5, undefined]);
  assert.throws(() => bare.convert_ids_to_tokens([5, 99]), {
    name: "RangeError",
    message: "Cannot convert ids: 99 must be the id of a token, as the tokenizer has no unk_token",
  });
  const message =
    "Cannot pad: the tokenizer must have a pad_token, and has none; name one in its tokenizer_config.json";
  for (const tokenizer of [listed, bare]) {
    assert.throws(() => tokenizer.batch_encode_plus(["a", "a b"], { padding: true }), {
      name: "TokenizerError",
      message,
    });
    assert.throws(() => tokenizer.pad([tokenizer.encode_plus("a")]), { name: "TokenizerError", message });
    assert.deepEqual(tokenizer.encode("hello world"), [2, 5, 6, 3]);
  }
});

Deno.test("a text is cleaned if the config says so, and never one of byte pairs", async () => {
  const texts = ["don ' t not do . , c", "a ! b", "hello , world"];
  const decoded = (tokenizer: BertTokenizer) =>
    texts.map((text) => tokenizer.decode(tokenizer.encode(text, { add_special_tokens: false })));
  const vocabulary = new BertTokenizer(await readTokenizerFiles(filesFolder({ "vocab.txt": WORDS.join("\n") })));
  for (const tokenizer of [vocabulary, await load({ config: BERT }), await load({ config: FAST })]) {
    assert.deepEqual(decoded(tokenizer), ["don ' t not do., c", "a! b", "hello, world"]);
  }
  const clean = { clean_up_tokenization_spaces: true };
  assert.deepEqual(decoded(await load({ config: { ...BERT, ...clean } })), [
    "don't not do., c",
    "a! b",
    "hello, world",
  ]);
  const model = { type: "BPE", vocab: VOCAB, merges: [], unk_token: "[UNK]" };
  const pairs = await load({
    json: cased({ model, decoder: null, pre_tokenizer: { type: "WhitespaceSplit" } }),
    config: { ...FAST, ...clean },
  });
  assert.equal(pairs.decode([7, 18, 8, 19]), "a . b !");
});

Deno.test("lists with special tokens are those of the post-processor", async () => {
  const roberta = { type: "RobertaProcessing", sep: ["[SEP]", 3], cls: ["[CLS]", 2] };
  const cases: [post: object | null, ids: number[], types: number[], mask: number[]][] = [
    [cased().post_processor, [2, 5, 3, 6, 7, 3], [0, 0, 0, 1, 1, 1], [1, 0, 1, 0, 0, 1]],
    [roberta, [2, 5, 3, 3, 6, 7, 3], [0, 0, 0, 0, 0, 0, 0], [1, 0, 1, 1, 0, 0, 1]],
    [null, [5, 6, 7], [0, 1, 1], [0, 0, 0]],
  ];
  for (const [post_processor, ids, types, mask] of cases) {
    const tokenizer = await load({ json: cased({ post_processor }), config: FAST });
    assert.deepEqual(tokenizer.build_inputs_with_special_tokens([5], [6, 7]), ids);
    assert.deepEqual(tokenizer.create_token_type_ids_from_sequences([5], [6, 7]), types);
    assert.deepEqual(tokenizer.get_special_tokens_mask([5], [6, 7]), mask);
  }
});
