/** What `save_pretrained` says of a tokenizer so that Python makes the same of it. */

import assert from "node:assert/strict";
import { AutoTokenizer } from "../../src/text/tokenizer.ts";
import { bertJson } from "./bert_json.ts";

const WORDS = "[PAD] [UNK] [CLS] [SEP] [MASK] hello Hello é ##e 東".split(" ");
const utf8 = (value: unknown) => new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));

/** A `tokenizer.json` of BERT's kind. */
const json = (normalizer: object, more: object = {}, words = WORDS) => bertJson(words, normalizer, more);

Deno.test("a tokenizer.json alone is saved with all that a class would take its own default for", async () => {
  const [names, more] = [["input_ids", "token_type_ids", "attention_mask"], {
    padding_side: "right",
    truncation_side: "right",
  }];
  const cases: [file: object, tokenizer_class: string, options: [boolean, boolean | null, boolean] | null][] = [
    [json({ lowercase: false, strip_accents: false, handle_chinese_chars: false }), "BertTokenizer", [
      false,
      false,
      false,
    ]],
    [json({ lowercase: true, strip_accents: null, handle_chinese_chars: true }), "BertTokenizer", [true, null, true]],
    [json({ lowercase: false, strip_accents: true }), "BertTokenizer", [false, true, true]],
    [json({ lowercase: false }, { post_processor: null }), "PreTrainedTokenizerFast", [false, null, true]],
    [json({ clean_text: false }), "PreTrainedTokenizerFast", [true, null, true]],
    [json({}, {}, WORDS.filter((word) => word !== "[MASK]")), "PreTrainedTokenizerFast", [true, null, true]],
    [json({}, { normalizer: { type: "Lowercase" } }), "PreTrainedTokenizerFast", null],
  ];
  const to = await Deno.makeTempDir();
  try {
    for (const [file, tokenizer_class, options] of cases) {
      const tokenizer = await AutoTokenizer.from_pretrained(new Map([["tokenizer.json", utf8(file)]]));
      await tokenizer.save_pretrained(to);
      const config = JSON.parse(await Deno.readTextFile(`${to}/tokenizer_config.json`));
      const said = options === null ? undefined : options;
      assert.deepEqual(
        [config.tokenizer_class, config.do_lower_case, config.strip_accents, config.tokenize_chinese_chars],
        [tokenizer_class, said?.[0], said?.[1], said?.[2]],
      );
      assert.deepEqual({ ...config, ...more, model_input_names: names }, config);
      assert.equal(config.mask_token, tokenizer.mask_token);
      assert.equal(config.add_prefix_space, undefined);
      const again = await AutoTokenizer.from_pretrained(to);
      for (const text of ["Hello é東", "hello Héllo [MASK]", "東 hello"]) {
        assert.deepEqual(again.encode_plus(text, { text_pair: "é" }), tokenizer.encode_plus(text, { text_pair: "é" }));
      }
      assert.deepEqual(again.all_special_tokens, tokenizer.all_special_tokens);
      for (const { name } of Deno.readDirSync(to)) await Deno.remove(`${to}/${name}`);
    }
  } finally {
    await Deno.remove(to, { recursive: true });
  }
});

Deno.test("bytes are saved with their add_prefix_space, which transformers 4 takes for false otherwise", async () => {
  const vocab = { "[UNK]": 0, Ġ: 1, a: 2, Ġa: 3 };
  const to = await Deno.makeTempDir();
  try {
    for (const add_prefix_space of [true, false]) {
      const pre_tokenizer = { type: "ByteLevel", add_prefix_space, trim_offsets: true };
      const model = { type: "BPE", vocab, merges: ["Ġ a"] };
      const file = json({}, {
        normalizer: null,
        pre_tokenizer,
        post_processor: null,
        decoder: { type: "ByteLevel" },
        model,
      });
      const tokenizer = await AutoTokenizer.from_pretrained(new Map([["tokenizer.json", utf8(file)]]));
      assert.deepEqual(tokenizer.encode("a a"), [add_prefix_space ? 3 : 2, 3]);
      await tokenizer.save_pretrained(to);
      const config = JSON.parse(await Deno.readTextFile(`${to}/tokenizer_config.json`));
      assert.deepEqual([config.tokenizer_class, config.add_prefix_space], [
        "PreTrainedTokenizerFast",
        add_prefix_space,
      ]);
      assert.deepEqual((await AutoTokenizer.from_pretrained(to)).encode("a a"), tokenizer.encode("a a"));
      for (const { name } of Deno.readDirSync(to)) await Deno.remove(`${to}/${name}`);
    }
  } finally {
    await Deno.remove(to, { recursive: true });
  }
});

Deno.test("files of other kinds of vocabulary are kept along", async () => {
  const kept = ["vocab.json", "merges.txt", "spiece.model"];
  const given = new Map([["tokenizer.json", utf8(json({}))], ...kept.map((name) => [name, utf8(name)] as const)]);
  const to = await Deno.makeTempDir();
  try {
    await (await AutoTokenizer.from_pretrained(given)).save_pretrained(to);
    for (const name of kept) assert.equal(await Deno.readTextFile(`${to}/${name}`), name);
  } finally {
    await Deno.remove(to, { recursive: true });
  }
});
