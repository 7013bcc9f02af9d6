import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { BertNormalizer, type NormalizerOptions } from "../../src/text/bert/normalizer.ts";
import { BertTokenizer } from "../../src/text/bert_tokenizer.ts";
import type { Offset } from "../../src/text/encoding/encoding.ts";
import { tokenizerFromVocabulary } from "../../src/text/files/vocabulary.ts";
import { words } from "../../src/text/bert/words.ts";
import { goldenBytes, readGolden } from "./goldens.ts";
import { RANDOM_SEED, RANDOM_TEXTS, randomTexts } from "./random_texts.ts";

/** What PyPI's tokenizers makes of every so many random texts under one setting: see tools/tokenizer/golden.py. */
interface Run {
  every: number;
  normalizer: NormalizerOptions;
  encodings: [ids: number[], offsets: number[], words: number[]][];
}

async function tokenizerWith(normalizer: NormalizerOptions): Promise<BertTokenizer> {
  const vocabulary = new TextDecoder().decode(await goldenBytes("vocab.txt"));
  const tokenizer = tokenizerFromVocabulary(vocabulary, {});
  return new BertTokenizer({
    location: "vocab.txt",
    tokenizer: { ...tokenizer, normalizer: { type: "BertNormalizer", ...normalizer } },
    config: {},
  });
}

/** Offsets from pairs of the gap to the one before and the length. */
function offsetsOf(pairs: readonly number[]): Offset[] {
  const offsets: Offset[] = [];
  for (let index = 0, done = 0; index < pairs.length; index += 2) {
    const start = done + pairs[index]!;
    done = start + pairs[index + 1]!;
    offsets.push([start, done]);
  }
  return offsets;
}

Deno.test("5000 random texts of all Unicode: ids, offsets and words are those of PyPI's tokenizers", async () => {
  const { seed, runs } = await readGolden<{ seed: number; runs: Run[] }>("random.json.gz");
  assert.equal(seed, RANDOM_SEED);
  const texts = randomTexts(RANDOM_TEXTS, seed);
  assert.deepEqual(runs.map(({ encodings }) => encodings.length), [5000, 500, 500, 500]);
  let tokens = 0;
  for (const { every, normalizer, encodings } of runs) {
    const tokenizer = await tokenizerWith(normalizer);
    for (const [index, [input_ids, offsets, word_ids]] of encodings.entries()) {
      const text = texts[index * every]!;
      const encoding = tokenizer.encode_plus(text, {
        add_special_tokens: false,
        return_offsets_mapping: true,
        return_word_ids: true,
      });
      assert.deepEqual(
        [encoding.input_ids, encoding.offset_mapping, encoding.word_ids],
        [input_ids, offsetsOf(offsets), word_ids],
        `text ${index * every}: ${JSON.stringify(text)}: ${tokenizer.convert_ids_to_tokens(encoding.input_ids)}, ` +
          `expected ${tokenizer.convert_ids_to_tokens(input_ids)}`,
      );
      tokens += input_ids.length;
    }
  }
  assert.equal(tokens, 63_633);
});

Deno.test("every Unicode character is normalised and split as PyPI's tokenizers does it", async () => {
  const { blocks } = await readGolden<{ blocks: { normalizer: NormalizerOptions; hashes: string[] }[] }>(
    "characters.json",
  );
  for (const { normalizer, hashes } of blocks) {
    const bert = new BertNormalizer(normalizer);
    assert.equal(hashes.length, 0x110);
    for (const [block, expected] of hashes.entries()) {
      const codes = Array.from({ length: 4096 }, (_, index) => block * 4096 + index)
        .filter((code) => code < 0xd800 || code >= 0xe000);
      const { text } = bert.normalize(codes.map((code) => `a${String.fromCodePoint(code)}b`).join(" "));
      const found = [...words(text)].map((word) => word.text).join(" ");
      const hash = createHash("sha256").update(found).digest("hex").slice(0, 12);
      assert.equal(
        hash,
        expected,
        `characters from U+${(block * 4096).toString(16)} under ${JSON.stringify(normalizer)}`,
      );
    }
  }
});
