import assert from "node:assert/strict";
import type { AddedToken } from "../../src/text/splitting/added_tokens.ts";
import { BertTokenizer } from "../../src/text/bert_tokenizer.ts";
import { tokenizerFromVocabulary } from "../../src/text/files/vocabulary.ts";
import { goldenBytes } from "./goldens.ts";

const vocabulary = new TextDecoder().decode(await goldenBytes("vocab.txt"));

/** The tokens of a text with their places in it, by the vocabulary of bert-base-uncased with more tokens. */
function encode(added: (Omit<AddedToken, "id"> & { id?: number })[], text: string): [token: string, place: string][] {
  const tokenizer = new BertTokenizer({
    location: "vocab.txt",
    tokenizer: {
      ...tokenizerFromVocabulary(vocabulary, {}),
      added_tokens: added.map((token, index) => ({ id: 30_522 + index, ...token })),
    },
    config: {},
  });
  const { input_ids, offset_mapping } = tokenizer.encode_plus(text, {
    add_special_tokens: false,
    return_offsets_mapping: true,
  });
  return tokenizer.convert_ids_to_tokens(input_ids).map((token, index) => {
    return [token, text.slice(...offset_mapping![index]!)];
  });
}

// Expected tokens and places throughout are those of tokenizers 0.23.3.

Deno.test("added tokens are found before anything else, the longest first", () => {
  const added = [{ content: "<e>", special: true }, { content: "<e>x", special: true }];
  assert.deepEqual(encode(added, "a<e><e>xy<E>"), [
    ["a", "a"],
    ["<e>", "<e>"],
    ["<e>x", "<e>x"],
    ["y", "y"],
    ["<", "<"],
    ["e", "E"],
    [">", ">"],
  ]);
});

Deno.test("lstrip and rstrip take in white space, single_word wants room", () => {
  const added = [
    { content: "<l>", special: true, lstrip: true },
    { content: "<r>", special: true, rstrip: true },
    { content: "ab", single_word: true, normalized: false },
  ];
  assert.deepEqual(encode(added, "the\u3000\n<l> <r>\t x"), [
    ["the", "the"],
    ["<l>", "\u3000\n<l>"],
    ["<r>", "<r>\t "],
    ["x", "x"],
  ]);
  assert.deepEqual(encode(added, "ab.ab abs 😀ab"), [
    ["ab", "ab"],
    [".", "."],
    ["ab", "ab"],
    ["abs", "abs"],
    ["[UNK]", "😀"],
    ["ab", "ab"],
  ]);
});

Deno.test("a token that is found in normalised text stands where that came from", () => {
  const added = [{ content: "Éa b", special: false }];
  assert.deepEqual(encode(added, "xe\u0301A\tB"), [["x", "x"], ["Éa b", "e\u0301A\tB"]]);
});

Deno.test("an added token that is no word piece is never spelled inside a word", () => {
  const added = [{ content: "qux", special: false, normalized: false, single_word: true }];
  assert.deepEqual(encode(added, "quxes qux").map(([token]) => token), ["qu", "##xes", "qux"]);
});

Deno.test("what only cleaning makes a special token is none", () => {
  const added = [{ content: "[MASK]", id: 103, special: true }];
  assert.deepEqual(encode(added, "[MASK][MA\0SK]"), [
    ["[MASK]", "[MASK]"],
    ["[", "["],
    ["mask", "MA\0SK"],
    ["]", "]"],
  ]);
});
