/** The windows of texts, without a model. */

import assert from "node:assert/strict";
import { InputError } from "../../../src/base/errors.ts";
import type { TextInput } from "../../../src/pipelines/engine/encode.ts";
import { readCutText, specialTokens } from "../../../src/pipelines/windows/cut_text.ts";
import { textWindows } from "../../../src/pipelines/windows/text_windows.ts";
import { BertTokenizer } from "../../../src/text/bert_tokenizer.ts";
import type { Encoding } from "../../../src/text/encoding/encoding.ts";
import { fc } from "../../deps.ts";
import { randomTexts } from "../../text/random_texts.ts";
import { byteLevelTokenizer, SPECIAL } from "../byte_level.ts";
import { shippedTokenizer } from "../fakes.ts";
import { longText } from "./long_texts.ts";

const bert = await shippedTokenizer();

/** BERT's words with another frame. */
function framed(post_processor: object | null, config: object = {}): BertTokenizer {
  const tokens = [...SPECIAL, ..."abcdefghijklmnopqrstuvwxyz0123456789"];
  const vocab = Object.fromEntries(
    [...tokens, ...tokens.slice(5).map((c) => `##${c}`)].map((token, id) => [token, id]),
  );
  return new BertTokenizer({
    location: "folder",
    tokenizer: {
      normalizer: { type: "BertNormalizer", clean_text: true, handle_chinese_chars: true, lowercase: true },
      pre_tokenizer: { type: "BertPreTokenizer" },
      post_processor,
      model: { type: "WordPiece", unk_token: "[UNK]", continuing_subword_prefix: "##", vocab },
    },
    config,
  });
}

const special = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
const sequence = (id: "A" | "B", type_id: number) => ({ Sequence: { id, type_id } });
/** The second text before the first, and no token between them. */
const REVERSED = framed({
  type: "TemplateProcessing",
  single: [special("[CLS]"), sequence("A", 0)],
  pair: [special("[CLS]"), sequence("B", 1), sequence("A", 0), special("[SEP]"), special("[MASK]")],
  special_tokens: Object.fromEntries(
    ["[CLS]", "[SEP]", "[MASK]"].map((id) => [id, { id, ids: [SPECIAL.indexOf(id)] }]),
  ),
});
const BARE = framed(null);

/** Byte-level tokens, several of which make one character. */
const BYTES = byteLevelTokenizer(byteVocabulary());

function byteVocabulary(): Record<string, number> {
  const printed = (byte: number) => byte >= 33 && byte <= 126 || byte >= 161 && byte <= 172 || byte >= 174;
  let beyond = 256;
  const characters = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printed(byte) ? byte : beyond++));
  return Object.fromEntries([...SPECIAL, ...characters].map((token, id) => [token, id]));
}

const TOKENIZERS: Record<string, BertTokenizer> = { bert, REVERSED, BARE, BYTES };

function plan(stride: number, most = Infinity) {
  return { stride, aggregation: "mean" as const, isShown: true, most };
}

function windowsOf(input: TextInput, { tokenizer = bert, maximum = 24, stride = 6, ...more } = {}) {
  const context = { tokenizer, maximum, subject: "read the text", needs: "nothing", plan: plan(stride) } as const;
  return textWindows(input, { ...context, ...more });
}

/** The windows that the tokenizer itself cuts. */
function cutByHand(
  text: string,
  { tokenizer = bert, ...options }: { tokenizer?: BertTokenizer } & Parameters<BertTokenizer["encode_plus"]>[1],
): Encoding[] {
  const { overflowing = [], ...first } = tokenizer.encode_plus(text, {
    truncation: true,
    truncation_side: "right",
    return_overflowing_tokens: true,
    ...options,
  });
  return [first, ...overflowing];
}

const idsOf = (windows: readonly { encoding: Encoding }[]) => windows.map(({ encoding }) => encoding.input_ids);

/** Texts of everything that Unicode has, and of words. */
const texts = fc.oneof(
  fc.nat(200).map((seed) => randomTexts(6, seed).join(" ")),
  fc.tuple(fc.nat(80), fc.integer({ min: 1, max: 999 })).map(([words, seed]) => longText(words, seed)),
  fc.string({ unit: "binary", maxLength: 200 }),
);
const sizes = fc.record({ maximum: fc.integer({ min: 4, max: 40 }), stride: fc.nat(36) });

for (const [name, tokenizer] of Object.entries(TOKENIZERS)) {
  Deno.test(`${name}: windows are those of encode_plus, types and masks too`, () => {
    fc.assert(fc.property(texts, sizes, (text, { maximum, stride }) => {
      fc.pre(stride < maximum - specialTokens(tokenizer));
      const found = windowsOf(text, { tokenizer, maximum, stride }).map(({ encoding }) => encoding);
      const expected = cutByHand(text, { tokenizer, max_length: maximum, stride });
      const lists = (
        { input_ids, token_type_ids, attention_mask }: Encoding,
      ) => [input_ids, token_type_ids, attention_mask];
      assert.deepEqual(found.map(lists), expected.map(lists));
    }));
  });

  Deno.test(`${name}: windows hold every character that is no white space, and are given as they stand`, () => {
    fc.assert(fc.property(texts, sizes, (text, { maximum, stride }) => {
      fc.pre(stride < maximum - specialTokens(tokenizer));
      let end = 0;
      const byHand = cutByHand(text, { tokenizer, max_length: maximum, stride, return_offsets_mapping: true });
      for (const [w, { place, encoding }] of windowsOf(text, { tokenizer, maximum, stride }).entries()) {
        for (const [first, last] of byHand[w]!.offset_mapping!) {
          const token = text.slice(first, last);
          if (token.trim() === "") continue; // a special token, or bytes of white space
          assert(first + token.length - token.trimStart().length >= place!.start, "a token stands outside");
          assert(first + token.trimEnd().length <= place!.end, "a token stands outside");
        }
        assert(encoding.input_ids.length <= maximum);
        assert.equal(place!.text, text.slice(place!.start, place!.end));
        assert.equal(place!.text, place!.text.trim());
        assert.equal(text.slice(end, Math.max(end, place!.start)).trim(), "");
        end = Math.max(end, place!.end);
      }
      assert.equal(text.slice(end).trim(), "");
    }));
  });

  Deno.test(`${name}: of a pair one text is cut as encode_plus does, the other is whole in every window`, () => {
    const pairs = fc.record({ text: texts, text_pair: texts, side: fc.constantFrom("text", "text_pair") });
    fc.assert(fc.property(pairs, sizes, ({ text, text_pair, side }, { maximum, stride }) => {
      const [first, second] = [text, text_pair].map((one) =>
        tokenizer.encode(one, { add_special_tokens: false }).length
      );
      const other = side === "text" ? second! : first!;
      fc.pre(text_pair !== "" && maximum - specialTokens(tokenizer, { isPair: true }) - other > stride);
      const found = windowsOf({ text, text_pair }, { tokenizer, maximum, stride, side } as object);
      const truncation = side === "text" ? "only_first" : "only_second";
      const options = { tokenizer, text_pair, truncation, max_length: maximum, stride } as const;
      assert.deepEqual(idsOf(found), cutByHand(text, options).map(({ input_ids }) => input_ids));
      for (const { place } of found) {
        assert.equal(place!.of, side);
        assert.equal(place!.text, { text, text_pair }[side]!.slice(place!.start, place!.end));
      }
    }));
  });
}

Deno.test("a text of what a window takes is one window, and of one token more two, which share the stride", () => {
  for (const stride of [0, 1, 21]) {
    assert.equal(windowsOf("king ".repeat(22), { stride }).length, 1);
    const [first, second, ...more] = windowsOf("king ".repeat(23), { stride });
    assert.deepEqual([first!.encoding.input_ids.length, second!.encoding.input_ids.length], [24, stride + 3]);
    assert.equal(more.length, 0);
  }
});

Deno.test("windows begin at a text's beginning, whichever end the tokenizer cuts", () => {
  const left = framed({ type: "BertProcessing", cls: ["[CLS]", 2], sep: ["[SEP]", 3] }, { truncation_side: "left" });
  assert.equal(left.truncation_side, "left");
  const text = longText(60);
  const found = windowsOf(text, { tokenizer: left });
  assert.deepEqual(
    idsOf(found),
    cutByHand(text, { tokenizer: left, max_length: 24, stride: 6 }).map(({ input_ids }) => input_ids),
  );
  assert.equal(found[0]!.place!.start, 0);
});

Deno.test("combining marks, and what the tokenizer leaves out, stand with the token before them", () => {
  const word = "e\u0301\u0302";
  const text = ` \u0000${`${word}\u0007 `.repeat(30)}\u200b`;
  const windows = windowsOf(text, { maximum: 7, stride: 0 });
  assert(windows.length > 5);
  for (const { place } of windows) {
    assert(["\u0301\u0302\u0007", "\u200b"].some((end) => place!.text.endsWith(end)), JSON.stringify(place));
  }
  assert.deepEqual([windows[0]!.place!.start, windows.at(-1)!.place!.end], [1, text.length]);
});

Deno.test("an empty text, and one of which nothing is left, are one window", () => {
  for (const [text, start, end] of [["", 0, 0], [" \t", 2, 2], [" \u0000 ", 1, 2]] as const) {
    const [{ place, encoding }, ...more] = windowsOf(text) as [ReturnType<typeof windowsOf>[0]];
    assert.deepEqual([place!.start, place!.end, more.length], [start, end, 0], JSON.stringify(text));
    assert.deepEqual(encoding.input_ids, [2, 3]);
  }
});

Deno.test("of a pair the longer text is cut if nobody says which, and of two as long the second", () => {
  const sides = ([first, second]: number[]) => {
    const pair = { text: "king ".repeat(first!), text_pair: "queen ".repeat(second!) };
    return windowsOf(pair, { stride: 2 }).map(({ place }) => place!.of);
  };
  assert.deepEqual([...new Set(sides([40, 5]))], ["text"]);
  assert.deepEqual([...new Set(sides([5, 40]))], ["text_pair"]);
  assert.deepEqual([...new Set(sides([12, 12]))], ["text_pair"]);
  assert.deepEqual(sides([5, 5]), ["text_pair"]);
});

Deno.test("a text of a pair that leaves the other no more than neighbours share is an error that names it", () => {
  const kings = (count: number) => "king ".repeat(count).trim();
  const pair = { text: kings(15), text_pair: kings(20) };
  assert.throws(
    () => windowsOf(pair),
    new InputError(
      'Cannot read the text: its text ("king king king king king king king king…") is in every window, and leaves 6 of the ' +
        "model's 24 tokens to the other text, of which neighbours share 6; shorten it, or take a smaller stride",
    ),
  );
  assert.equal(windowsOf(pair, { stride: 5 }).length, 15);
  const reversed = { text: pair.text_pair, text_pair: kings(30) };
  assert.throws(
    () => windowsOf(reversed, { side: "text" } as object),
    /its text_pair \("king .*"\) .* leaves 0 of the/,
  );
  // A text that fits beside it needs no room to share.
  assert.equal(windowsOf({ text: kings(19), text_pair: "king" }, { side: "text_pair" } as object).length, 1);
});

Deno.test("the place of a text's tokens is found in any frame", () => {
  const { encoding, start, end } = readCutText({ text: "ab", text_pair: "cde" }, {
    tokenizer: REVERSED,
    maximum: 20,
    subject: "read the text",
    side: "text",
  });
  assert.deepEqual(REVERSED.convert_ids_to_tokens(encoding.input_ids.slice(start, end)), ["a", "##b"]);
});
