import assert from "node:assert/strict";
import { join } from "node:path";
import { AutoTokenizer, NarrowBertTokenizer, NarrowBertTokenizerFast } from "../../src/text/tokenizer.ts";
import { randomTexts } from "./random_texts.ts";

const MODEL = new URL("../../examples/models/wordnet/mlm/", import.meta.url);
const utf8 = (text: string) => new TextEncoder().encode(text);
const SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

Deno.test("both classes and AutoTokenizer give the same encodings", async () => {
  const slow = await NarrowBertTokenizer.from_pretrained(MODEL);
  const fast = await NarrowBertTokenizerFast.from_pretrained(MODEL);
  const auto = await AutoTokenizer.from_pretrained(MODEL);
  const autoSlow = await AutoTokenizer.from_pretrained(MODEL, { use_fast: false });
  assert(fast instanceof NarrowBertTokenizerFast && auto instanceof NarrowBertTokenizerFast);
  assert(!(slow instanceof NarrowBertTokenizerFast) && !(autoSlow instanceof NarrowBertTokenizerFast));
  assert.deepEqual([slow, fast, auto, autoSlow].map(({ is_fast }) => is_fast), [false, true, true, false]);
  const options = { padding: true, return_offsets_mapping: true } as const;
  const [text = "", text_pair = ""] = randomTexts(2, 1);
  const batch = ["a large [MASK]", [text, text_pair] as const];
  const expected = fast.batch_encode_plus(batch, options);
  for (const tokenizer of [slow, auto, autoSlow]) {
    assert.deepEqual(tokenizer.batch_encode_plus(batch, options), expected);
  }
});

Deno.test("save_pretrained keeps all files, and so every setting", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const files = new Map([
      ["vocab.txt", utf8([...SPECIAL, "Paris", "in"].join("\n"))],
      ["tokenizer_config.json", utf8('{"do_lower_case": false, "model_max_length": 16}')],
    ]);
    const tokenizer = await NarrowBertTokenizerFast.from_pretrained(files);
    const paths = await tokenizer.save_pretrained(join(folder, "made"));
    const names = [...files.keys(), "tokenizer.json", "special_tokens_map.json"];
    assert.deepEqual(paths.sort(), names.map((name) => join(folder, "made", name)).sort());
    for (const [name, bytes] of files) assert.deepEqual(await Deno.readFile(join(folder, "made", name)), bytes);
    const again = await NarrowBertTokenizerFast.from_pretrained(join(folder, "made"));
    assert.deepEqual([again.tokenize("Paris in"), again.model_max_length], [["Paris", "in"], 16]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("save_vocabulary writes a vocab.txt that gives the same tokenizer", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const tokenizer = await AutoTokenizer.from_pretrained(MODEL);
    const inner = join(folder, "made", "on the way");
    assert.deepEqual(await tokenizer.save_vocabulary(inner), [join(inner, "vocab.txt")]);
    assert.deepEqual(await tokenizer.save_vocabulary(folder, { filename_prefix: "my" }), [
      join(folder, "my-vocab.txt"),
    ]);
    const saved = await Deno.readTextFile(join(inner, "vocab.txt"));
    assert.equal(saved, await Deno.readTextFile(new URL("vocab.txt", MODEL)));
    assert.equal(saved, await Deno.readTextFile(join(folder, "my-vocab.txt")));
    const again = await AutoTokenizer.from_pretrained(inner);
    for (const text of randomTexts(50, 2)) assert.deepEqual(again.encode_plus(text), tokenizer.encode_plus(text));
    await assert.rejects(tokenizer.save_vocabulary(folder, { filename_prefix: "../up" }), {
      name: "TypeError",
      message: 'Cannot save a vocabulary: filename_prefix must be part of a name, got "../up"',
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a vocabulary that does not fit into lines is not saved", async () => {
  const load = (model: object) => {
    const parts = { normalizer: null, pre_tokenizer: { type: "WhitespaceSplit" }, post_processor: null, decoder: null };
    const file = JSON.stringify({ ...parts, model, added_tokens: [] });
    return AutoTokenizer.from_pretrained(new Map([["tokenizer.json", utf8(file)]]));
  };
  const vocab = Object.fromEntries(SPECIAL.map((token, id) => [token, id]));
  const gap = await load({ type: "WordPiece", vocab: { ...vocab, word: 6 } });
  const line = await load({ type: "WordPiece", vocab: { ...vocab, "a\nb": 5 } });
  const pairs = await load({ type: "BPE", vocab: { ...vocab, a: 5 }, merges: [], unk_token: "[UNK]" });
  for (
    const [tokenizer, message] of [
      [gap, /ids must count up from 0 without gaps, and 5 is missing or given twice/],
      [line, /a piece must fit on a line, and "a\\nb" does not/],
      [pairs, /it must be made of word pieces, and is not/],
    ] as const
  ) await assert.rejects(tokenizer.save_vocabulary("never written"), { name: "TokenizerError", message });
});

Deno.test("a tokenizer.json of another kind has offsets and words, and only the special tokens that it says", async () => {
  const vocab = { ...Object.fromEntries(SPECIAL.map((token, id) => [token, id])), l: 5, o: 6, w: 7, lo: 8, low: 9 };
  const file = {
    normalizer: { type: "Lowercase" },
    pre_tokenizer: { type: "WhitespaceSplit" },
    post_processor: null,
    decoder: null,
    model: { type: "BPE", vocab, merges: ["l o", "lo w"], unk_token: "[UNK]" },
    added_tokens: [{ id: 4, content: "[MASK]", special: true }],
  };
  const load = (more: object) =>
    AutoTokenizer.from_pretrained(new Map([["tokenizer.json", utf8(JSON.stringify({ ...file, ...more }))]]));
  const bare = await load({});
  assert.deepEqual(bare.tokenize("LOW lol [MASK]"), ["low", "lo", "l", "[MASK]"]);
  assert.deepEqual(bare.encode("low", { text_pair: "ow", padding: "max_length", max_length: 5 }), [9, 6, 7, 0, 0]);
  const framed = await load({ post_processor: { type: "BertProcessing", cls: ["[CLS]", 2], sep: ["[SEP]", 3] } });
  assert.deepEqual(
    framed.encode_plus("LOW  lol", { text_pair: "ow", return_offsets_mapping: true, return_word_ids: true }),
    {
      input_ids: [2, 9, 8, 5, 3, 6, 7, 3],
      token_type_ids: [0, 0, 0, 0, 0, 1, 1, 1],
      attention_mask: [1, 1, 1, 1, 1, 1, 1, 1],
      offset_mapping: [[0, 0], [0, 3], [5, 7], [7, 8], [0, 0], [0, 1], [1, 2], [0, 0]],
      word_ids: [null, 0, 1, 1, null, 0, 0, null],
    },
  );
});
