import assert from "node:assert/strict";
import type { EncodeOptions, Offset } from "../../src/text/encoding/encoding.ts";
import { bertTokenizer, readGolden } from "./goldens.ts";

/** One text or pair, and what transformers 4.26.1 makes of it with the vocabulary of bert-base-uncased. */
interface GoldenCase {
  text: string;
  text_pair: string | null;
  options: EncodeOptions;
  input_ids: number[];
  token_type_ids: number[];
  special_tokens_mask: number[];
  offsets: Offset[];
  slow_agrees: boolean;
  slow_input_ids: number[];
  decoded: string;
  decoded_clean: string;
}

/** Lists of ids, and what the methods of the tokenizer of the published NarrowBERT make of them. */
interface MethodCase {
  a: number[];
  b: number[] | null;
  build_inputs_with_special_tokens: number[];
  create_token_type_ids_from_sequences: number[];
  get_special_tokens_mask: number[];
  get_special_tokens_mask_already: number[];
}

const { cases } = await readGolden<{ cases: GoldenCase[] }>("tokenizer.json.gz");

for (const file of ["tokenizer.json", "vocab.txt"] as const) {
  Deno.test(`91 golden texts and pairs by ${file} alone: every list and both decodings are Python's`, async () => {
    const tokenizer = await bertTokenizer(file);
    assert.equal(cases.length, 91);
    assert.equal(tokenizer.vocab_size, 30_522);
    for (const { text, text_pair, options, ...expected } of cases) {
      const { input_ids, ...lists } = tokenizer.encode_plus(text, {
        ...options,
        text_pair: text_pair ?? undefined,
        return_special_tokens_mask: true,
        return_offsets_mapping: true,
      });
      assert.deepEqual(input_ids, expected.input_ids, text);
      assert.deepEqual(lists, {
        token_type_ids: expected.token_type_ids,
        attention_mask: expected.input_ids.map(() => 1),
        special_tokens_mask: expected.special_tokens_mask,
        offset_mapping: expected.offsets,
      }, text);
      assert.equal(tokenizer.decode(input_ids), expected.decoded);
      assert.equal(
        tokenizer.decode(input_ids, { skip_special_tokens: true, clean_up_tokenization_spaces: true }),
        expected.decoded_clean,
      );
    }
  });

  Deno.test(`8 golden lists of ids by ${file} alone: special tokens, types and masks are Python's`, async () => {
    const tokenizer = await bertTokenizer(file);
    const { cases } = await readGolden<{ cases: MethodCase[] }>("methods.json");
    assert.equal(cases.length, 8);
    for (const { a, b, ...expected } of cases) {
      const pair = b ?? undefined;
      const ids = tokenizer.build_inputs_with_special_tokens(a, pair);
      assert.deepEqual({
        build_inputs_with_special_tokens: ids,
        create_token_type_ids_from_sequences: tokenizer.create_token_type_ids_from_sequences(a, pair),
        get_special_tokens_mask: tokenizer.get_special_tokens_mask(a, pair),
        get_special_tokens_mask_already: tokenizer.get_special_tokens_mask(ids, undefined, {
          already_has_special_tokens: true,
        }),
      }, expected);
    }
  });
}

Deno.test("Python's slow tokenizer differs in the golden cases that docs/tokenizers.md lists, for its two reasons", async () => {
  const docs = await Deno.readTextFile(new URL("../../docs/tokenizers.md", import.meta.url));
  const listed = (reason: string) => {
    const row = docs.split("\n").find((line) => line.startsWith(`| ${reason}`));
    return row?.split("|").at(-2)?.match(/\d+/g)?.map(Number) ?? [];
  };
  const differing = [...cases.keys()].filter((index) => !cases[index]!.slow_agrees);
  const unassigned = differing.filter((index) => /\ud7ff/.test(cases[index]!.text + cases[index]!.text_pair));
  const shared = differing.filter((index) => !unassigned.includes(index));
  assert.deepEqual(listed("Unassigned"), unassigned);
  assert.deepEqual(listed("`longest_first`"), shared);
  for (const index of shared) {
    const { text_pair, options } = cases[index]!;
    assert.equal(options.truncation, "longest_first");
    assert.notEqual(text_pair, null);
  }
  assert.equal(differing.length, 17);
});
