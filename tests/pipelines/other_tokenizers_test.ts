/** `token-classification` with tokenizers that are not of BERT's kind: places and words are Python's. */

import assert from "node:assert/strict";
import { readPieces } from "../../src/pipelines/tasks/token_classification/pieces.ts";
import { BertTokenizer } from "../../src/text/bert_tokenizer.ts";
import { byteLevelTokenizer, SPECIAL } from "./byte_level.ts";

function load(parts: Record<string, unknown>): BertTokenizer {
  return new BertTokenizer({
    location: "folder",
    tokenizer: { post_processor: { type: "BertProcessing", cls: ["[CLS]", 2], sep: ["[SEP]", 3] }, ...parts },
    config: {},
  });
}

function read(tokenizer: BertTokenizer, text: string): unknown[] {
  return readPieces(text, { tokenizer, maximum: 64, subject: "tag" })
    .pieces.map(({ word, start, end, continues }) => [word, start, end, continues]);
}

Deno.test("byte-level tokens go on with a word unless a space is before them", () => {
  const tokens = [...SPECIAL, "Ġ", "A", "n", "a", "!", "Ã", "©", "ĠA", "na", "ĠAna"];
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const tokenizer = byteLevelTokenizer(vocab, ["Ġ A", "n a", "ĠA na"]);
  assert.deepEqual(read(tokenizer, "Ana Ana!é"), [
    ["ĠAna", 0, 3, false],
    ["ĠAna", 4, 7, false],
    ["!", 7, 8, true],
    ["Ã", 8, 9, true],
    ["©", 8, 9, true],
  ]);
  assert.equal(tokenizer.convert_tokens_to_string(["ĠAna", "!", "Ã", "©"]), " Ana!é");
});

Deno.test("word pieces of the documentation's recipe are those of their words", () => {
  const tokens = [...SPECIAL, "an", "##a", ",", "e"];
  const tokenizer = load({
    normalizer: { type: "Sequence", normalizers: [{ type: "NFD" }, { type: "Lowercase" }, { type: "StripAccents" }] },
    pre_tokenizer: { type: "Whitespace" },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: { type: "WordPiece", vocab: Object.fromEntries(tokens.map((token, id) => [token, id])) },
  });
  assert.deepEqual(read(tokenizer, "Aná, É𝒳"), [
    ["an", 0, 2, false],
    ["##a", 2, 3, true],
    [",", 3, 4, false],
    ["É𝒳", 5, 8, false],
  ]);
  assert.equal(tokenizer.convert_tokens_to_string(["an", "##a", ",", "e"]), "ana, e");
});

Deno.test("tokens of a Unigram model with Metaspace stand where they are in the text", () => {
  const tokenizer = load({
    normalizer: { type: "NFKC" },
    pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true },
    decoder: { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true },
    model: { type: "Unigram", unk_id: 1, vocab: [...SPECIAL, "▁fi", "ne", "▁", "n", "e"].map((token) => [token, -1]) },
  });
  assert.deepEqual(read(tokenizer, "ﬁne ﬁ"), [["▁fi", 0, 1, false], ["ne", 1, 3, true], ["▁fi", 3, 5, false]]);
  assert.equal(tokenizer.convert_tokens_to_string(["▁fi", "ne", "▁fi"]), "fine fi");
});

Deno.test("tokens say that they go on with a word if the model has a prefix for it, whatever its kind; else places do", () => {
  const characters = [..."abc.,'"];
  const tokens = [
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[PAD]",
    "[MASK]",
    ...characters,
    ...characters.map((c) => `##${c}`),
    "ab",
  ];
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  const parts = {
    pre_tokenizer: { type: "Whitespace" },
    post_processor: { type: "BertProcessing", sep: ["[SEP]", 2], cls: ["[CLS]", 1] },
  };
  const pairs = { type: "BPE", vocab, merges: ["a ##b"], unk_token: "[UNK]" };
  const cases: [model: object, prefix: string, text: string, pieces: string[]][] = [
    [{ ...pairs, continuing_subword_prefix: "##" }, "##", "ab.c a", ["ab", ".", "c", "a"]],
    [{ ...pairs, continuing_subword_prefix: "##" }, "##", "abc, b.a", ["ab", "+##c", ",", "b", ".", "a"]],
    [{ ...pairs, merges: [] }, "", "ab.c a", ["a", "+b", "+.", "+c", "a"]],
    [{ type: "WordPiece", vocab, continuing_subword_prefix: "" }, "", "ab.c a", ["ab", "+.", "+c", "a"]],
    [{ type: "WordPiece", vocab, continuing_subword_prefix: "" }, "", "abc, b.a", ["ab", "+c", "+,", "b", "+.", "+a"]],
    [{ type: "WordPiece", vocab }, "##", "abc, b.a", ["ab", "+##c", ",", "b", ".", "a"]],
    [{ type: "WordLevel", vocab, unk_token: "[UNK]" }, "", "ab.c a", ["ab", "+.", "+c", "a"]],
  ];
  for (const [model, prefix, text, pieces] of cases) {
    const tokenizer = load({ ...parts, model });
    assert.equal(tokenizer.continuing_subword_prefix, prefix);
    const found = readPieces(text, { tokenizer, maximum: 64, subject: "tag" }).pieces
      .map(({ word, continues }) => `${continues ? "+" : ""}${word}`);
    assert.deepEqual(found, pieces, JSON.stringify({ ...model, vocab: 0 }));
  }
});
