import assert from "node:assert/strict";
import type { BatchEncodeOptions, Encoding } from "../../src/text/encoding/encoding.ts";
import { bertTokenizer, readGolden } from "./goldens.ts";

const WANTED = {
  return_special_tokens_mask: true,
  return_offsets_mapping: true,
  return_word_ids: true,
  return_overflowing_tokens: true,
} as const;

/** A text or pair under some options, and what PyPI's tokenizers makes of it: what is kept, then what overflows. */
interface OptionCase {
  texts: [text: string, text_pair?: string];
  options: BatchEncodeOptions;
  parts: Encoding[];
}

const tokenizer = await bertTokenizer("vocab.txt");

Deno.test("150 golden texts and pairs under truncation, stride and padding of either side: all lists are Python's", async () => {
  const { cases } = await readGolden<{ cases: OptionCase[] }>("options.json.gz");
  assert.equal(cases.length, 150);
  for (const { texts: [text, text_pair], options, parts } of cases) {
    const { overflowing, ...kept } = tokenizer.encode_plus(text, { ...options, text_pair, ...WANTED });
    assert.deepEqual([kept, ...overflowing!], parts, JSON.stringify({ text, text_pair, options }));
  }
});

Deno.test("a batch is its texts encoded one by one, and padded to the longest", () => {
  const texts = ["short", "A longer one, with an unaffable word", ["first", "second 東京"] as const, ""];
  const options = { truncation: true, max_length: 7, stride: 2, ...WANTED } as const;
  const singles = texts.map((text) => {
    const [first, text_pair] = typeof text === "string" ? [text] : text;
    return tokenizer.encode_plus(first!, { ...options, text_pair, padding: "max_length" });
  });
  const batch = tokenizer.batch_encode_plus(texts, { ...options, padding: true });
  assert.deepEqual(batch.input_ids.map(({ length }) => length), [7, 7, 7, 7]);
  for (const key of Object.keys(batch) as (keyof typeof batch)[]) {
    assert.deepEqual(batch[key], singles.map((single) => single[key]), key);
  }
  assert.equal(batch.overflowing![1]!.length, 2);
});

Deno.test("a batch without padding keeps each length, and an empty batch is empty", () => {
  const batch = tokenizer.batch_encode_plus(["one", "one two"]);
  assert.deepEqual(batch.input_ids.map(({ length }) => length), [3, 4]);
  assert.deepEqual(Object.keys(batch), ["input_ids", "token_type_ids", "attention_mask"]);
  const empty = tokenizer.batch_encode_plus([], { padding: true, return_word_ids: true });
  assert.deepEqual(empty, { input_ids: [], token_type_ids: [], attention_mask: [], word_ids: [] });
});

Deno.test("pad fills up one encoding, several, or a batch, as padding while encoding does", () => {
  const texts = ["short", "A longer one, with an unaffable word"];
  const padded = tokenizer.batch_encode_plus(texts, { padding: "longest", ...WANTED });
  assert.deepEqual(tokenizer.pad(tokenizer.batch_encode_plus(texts, WANTED)), padded);
  assert.deepEqual(tokenizer.pad(texts.map((text) => tokenizer.encode_plus(text, WANTED))), padded);
  assert.deepEqual(tokenizer.pad(tokenizer.encode_plus("short"), { padding: "max_length", max_length: 5 }), {
    input_ids: [101, 2460, 102, 0, 0],
    token_type_ids: [0, 0, 0, 0, 0],
    attention_mask: [1, 1, 1, 0, 0],
  });
  const left = tokenizer.pad([tokenizer.encode_plus("short")], {
    padding: "max_length",
    max_length: 4,
    padding_side: "left",
  });
  assert.deepEqual(left.input_ids, [[0, 101, 2460, 102]]);
  assert.deepEqual(tokenizer.pad([tokenizer.encode_plus("short")], { padding: false }).input_ids, [[101, 2460, 102]]);
});

Deno.test("encodings share nothing: changing one changes no other", () => {
  const changed = tokenizer.encode_plus("short", WANTED);
  const expected = structuredClone(changed);
  changed.input_ids[1] = 0;
  changed.offset_mapping![0]![1] = 9;
  changed.word_ids!.push(9);
  assert.deepEqual(tokenizer.encode_plus("short", WANTED), expected);
});
