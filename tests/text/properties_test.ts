import assert from "node:assert/strict";
import { fc } from "../deps.ts";
import { ACCENTS, COMBINING_CLASSES } from "../../src/text/bert/characters.ts";
import { BertNormalizer } from "../../src/text/bert/normalizer.ts";
import { BertTokenizer } from "../../src/text/bert_tokenizer.ts";
import { characterNumbers } from "../../src/text/bert/character_ranges.ts";
import type { BatchEncodeOptions } from "../../src/text/encoding/encoding.ts";
import { tokenizerFromVocabulary } from "../../src/text/files/vocabulary.ts";
import { words } from "../../src/text/bert/words.ts";
import { bertTokenizer } from "./goldens.ts";
import { randomTexts } from "./random_texts.ts";

const bert = await bertTokenizer("vocab.txt");
const SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
const normalizer = new BertNormalizer({
  clean_text: true,
  handle_chinese_chars: true,
  strip_accents: null,
  lowercase: true,
});
const normalize = (text: string) => normalizer.normalize(text.toWellFormed()).text;

/** Any text there is: of all characters, of many scripts, or of UTF-16 units that are no text at all. */
const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.integer().map((seed) => randomTexts(1, seed)[0]!),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 }).map((units) => String.fromCharCode(...units)),
);
/** Sentences that BERT can spell, and so has many pieces for. */
const sentence = fc.array(fc.constantFrom("the", "unaffable", "naïve", "東京", "[MASK]", "don't", "xyzzyx", "한국"), {
  maxLength: 12,
}).map((list) => list.join(" "));

/** Marks that are sorted, and kept: their places are not sorted along, which docs/tokenizers.md tells. */
const accents = characterNumbers(ACCENTS);
const moved = new Set([...characterNumbers(COMBINING_CLASSES).keys()].filter((mark) => !accents.has(mark)));
const withoutMoved = (text: string) => Array.from(text).filter((character) => !moved.has(character)).join("");

/** A tokenizer that can spell `text`, one character a piece. */
function spellerOf(text: string): BertTokenizer {
  const characters = [...new Set(normalize(text))];
  const pieces = [...SPECIAL, ...characters, ...characters.map((character) => `##${character}`)];
  return new BertTokenizer({
    location: "property",
    tokenizer: tokenizerFromVocabulary([...new Set(pieces)].join("\n") + "\n", {}),
    config: {},
  });
}

function check<T>(arbitraries: fc.Arbitrary<T>, law: (value: T) => void, numRuns = 1000): void {
  fc.assert(fc.property(arbitraries, law), { numRuns, seed: 20230104 });
}

/** The characters that one becomes, without the spaces round a Chinese one. */
const lettersOf = (text: string) => normalize(text).trim();

Deno.test("property: every offset slices the text to what its piece was made from", () => {
  check(fc.oneof(anyText.map(withoutMoved), sentence), (text) => {
    for (const tokenizer of [spellerOf(text), bert]) {
      const { input_ids, offset_mapping } = tokenizer.encode_plus(text, {
        add_special_tokens: false,
        return_offsets_mapping: true,
      });
      let done = 0;
      for (const [index, token] of tokenizer.convert_ids_to_tokens(input_ids).entries()) {
        const [start, end] = offset_mapping![index]!;
        const slice = text.slice(start, end);
        // Pieces follow each other; those of one character, as of a Hangul syllable, all stand at it.
        assert(start < end && (start >= done || end === done), `${start} to ${end} after ${done}`);
        done = end;
        if (token === "[UNK]") continue;
        const piece = token.replace(/^##(?=.)/u, "");
        if (SPECIAL.includes(token)) assert.equal(slice, token);
        else if (Array.from(slice).some((character) => Array.from(lettersOf(character)).length > 1)) {
          assert(lettersOf(slice).includes(piece), `${JSON.stringify(slice)} holds no ${token}`);
        } else assert.equal(lettersOf(slice), piece);
      }
    }
  });
});

Deno.test("property: the pieces of a word together slice the text to that word, and no word is left out", () => {
  check(anyText.map(withoutMoved), (text) => {
    const { offset_mapping, word_ids } = bert.encode_plus(text, {
      add_special_tokens: false,
      return_offsets_mapping: true,
      return_word_ids: true,
    });
    const sliced: string[] = [];
    for (const [index, word] of word_ids!.entries()) {
      const [start] = offset_mapping![word_ids!.indexOf(word)]!;
      if (word === word_ids![index + 1]) continue;
      assert.equal(word, sliced.length);
      sliced.push(text.slice(start, offset_mapping![index]![1]));
    }
    const wordsOf = (part: string) => [...words(normalize(part))].map((word) => word.text);
    for (const word of sliced) if (!SPECIAL.includes(word)) assert.equal(wordsOf(word).length, 1, word);
    const expected = text.split(/(\[(?:PAD|UNK|CLS|SEP|MASK)\])/).flatMap((part) =>
      SPECIAL.includes(part) ? [part] : wordsOf(part)
    );
    assert.deepEqual(sliced.flatMap((word) => SPECIAL.includes(word) ? [word] : wordsOf(word)), expected);
  });
});

Deno.test("property: a lone surrogate is taken for U+FFFD, in its place", () => {
  check(anyText, (text) => {
    const options = { return_offsets_mapping: true, return_word_ids: true };
    assert.deepEqual(bert.encode_plus(text, options), bert.encode_plus(text.toWellFormed(), options));
  });
});

const cutting = fc.record({
  text: sentence,
  stride: fc.integer({ min: 0, max: 3 }),
  room: fc.integer({ min: 4, max: 12 }),
  truncation_side: fc.constantFrom("left" as const, "right" as const),
  add_special_tokens: fc.boolean(),
});

Deno.test("property: the parts of a text that overflows overlap by stride, fit, and cover every token", () => {
  check(cutting, ({ text, room, ...options }) => {
    const whole = bert.encode(text, { add_special_tokens: false });
    const added = options.add_special_tokens ? 1 : 0;
    const encoding = bert.encode_plus(text, {
      ...options,
      truncation: true,
      max_length: room + 2 * added,
      return_overflowing_tokens: true,
    });
    const parts = [encoding, ...encoding.overflowing!].map(({ input_ids }) => {
      assert(input_ids.length <= room + 2 * added);
      return input_ids.slice(added, input_ids.length - added);
    });
    if (options.truncation_side === "left") parts.reverse();
    const { stride } = options;
    for (let index = 1; index < parts.length; index++) {
      assert.deepEqual(parts[index]!.slice(0, stride), parts[index - 1]!.slice(parts[index - 1]!.length - stride));
    }
    const ids = parts.flatMap((part, index) => part.slice(index === 0 ? 0 : stride));
    assert.deepEqual(ids, whole);
  });
});

Deno.test("property: a pair is cut to the length that is given, only where it must be", () => {
  const cuts = fc.record({ first: sentence, second: sentence, max_length: fc.integer({ min: 3, max: 20 }) });
  check(cuts, ({ first, second, max_length }) => {
    const whole = bert.encode_plus(first, { text_pair: second });
    const cut = bert.encode_plus(first, { text_pair: second, truncation: true, max_length });
    assert.equal(cut.input_ids.length, Math.min(whole.input_ids.length, max_length));
    if (whole.input_ids.length <= max_length) assert.deepEqual(cut, whole);
    const count = ({ token_type_ids }: typeof whole, type: number) => token_type_ids.filter((t) => t === type).length;
    // What is cut comes off the longer text first: the difference grows no larger, and the order stays.
    const difference = (encoding: typeof whole) => count(encoding, 0) - 1 - count(encoding, 1);
    assert(Math.abs(difference(cut)) <= Math.max(1, Math.abs(difference(whole))));
  });
});

Deno.test("property: padding adds only what the mask leaves out", () => {
  const paddings = fc.record({
    text: sentence,
    max_length: fc.integer({ min: 1, max: 40 }),
    padding_side: fc.constantFrom("left" as const, "right" as const),
  });
  const wanted = { return_offsets_mapping: true, return_word_ids: true, return_special_tokens_mask: true };
  check(paddings, ({ text, ...options }) => {
    const plain = bert.encode_plus(text, wanted);
    const padded = bert.encode_plus(text, { ...wanted, ...options, padding: "max_length" });
    const { attention_mask } = padded;
    assert.equal(attention_mask.length, Math.max(plain.input_ids.length, options.max_length));
    assert.equal(
      attention_mask.indexOf(options.padding_side === "left" ? 1 : 0) > 0,
      padded.input_ids.length > plain.input_ids.length,
    );
    const unmasked = <T>(list: readonly T[]) => list.filter((_, index) => attention_mask[index] === 1);
    for (const key of Object.keys(plain) as (keyof typeof plain)[]) {
      assert.deepEqual(unmasked<unknown>(padded[key]!), plain[key], key);
    }
    assert(padded.input_ids.every((id, index) => attention_mask[index] === 1 || id === bert.pad_token_id));
    assert(padded.special_tokens_mask!.every((special, index) => attention_mask[index] === 1 || special === 1));
  });
});

Deno.test("property: a batch is its texts one by one", () => {
  const batches = fc.array(fc.oneof(anyText, fc.tuple(anyText, anyText)), { maxLength: 6 });
  check(batches, (texts) => {
    const options: BatchEncodeOptions = {
      truncation: true,
      max_length: 24,
      stride: 2,
      padding: "max_length",
      return_offsets_mapping: true,
      return_word_ids: true,
      return_special_tokens_mask: true,
      return_overflowing_tokens: true,
    };
    const singles = texts.map((input) => {
      const [text, text_pair] = typeof input === "string" ? [input] : input;
      return bert.encode_plus(text, { ...options, text_pair });
    });
    const batch = bert.batch_encode_plus(texts, options);
    for (const key of Object.keys(batch) as (keyof typeof batch)[]) {
      assert.deepEqual(batch[key], singles.map((single) => single[key]), key);
    }
  }, 100);
});
