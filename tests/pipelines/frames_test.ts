/**
 * Tasks take the special tokens round a text from its tokenizer, whatever frame that has. The ids, types and texts are those
 * of Hugging Face's `tokenizers` 0.23.
 */

import assert from "node:assert/strict";
import { InputError } from "../../src/base/errors.ts";
import { Tensor } from "../../src/base/tensor.ts";
import { NarrowBertConfig } from "../../src/model/config/config.ts";
import type { AnsweringModel } from "../../src/pipelines/engine/task.ts";
import { createFillMask } from "../../src/pipelines/tasks/fill_mask.ts";
import { createScore } from "../../src/pipelines/tasks/score.ts";
import { createTextClassification } from "../../src/pipelines/tasks/text_classification.ts";
import { createTextRanking } from "../../src/pipelines/tasks/text_ranking.ts";
import { createTokenClassification } from "../../src/pipelines/tasks/token_classification/token_classification.ts";
import { BertTokenizer } from "../../src/text/bert_tokenizer.ts";
import { trunkOver } from "./fake_trunk.ts";
import { type Call, FakeClassifier } from "./fakes.ts";

const WORDS = "[PAD] [UNK] [CLS] [SEP] [MASK] hello world a b c ab ##c ##b <x>".split(" ");

const special = (id: string, type_id = 0) => ({ SpecialToken: { id, type_id } });
const text = (id: "A" | "B", type_id: number) => ({ Sequence: { id, type_id } });

const ROBERTA = {
  type: "RobertaProcessing",
  sep: ["[SEP]", 3],
  cls: ["[CLS]", 2],
  trim_offsets: true,
  add_prefix_space: false,
};

/** Two tokens before a text and one behind it; the text has the type 1. */
const TEMPLATE = {
  type: "TemplateProcessing",
  single: [special("[CLS]"), special("<x>", 1), text("A", 1), special("[SEP]")],
  pair: [special("[CLS]"), special("<x>", 1), text("A", 1), special("[SEP]"), text("B", 0)],
  special_tokens: Object.fromEntries(
    ["[CLS]", "[SEP]", "<x>"].map((id) => [id, { id, ids: [WORDS.indexOf(id)], tokens: [id] }]),
  ),
};

function framedBy(post_processor: object | null): BertTokenizer {
  return new BertTokenizer({
    location: "folder",
    config: {
      tokenizer_class: "PreTrainedTokenizerFast",
      model_input_names: ["input_ids", "token_type_ids", "attention_mask"],
      pad_token: "[PAD]",
      unk_token: "[UNK]",
      cls_token: "[CLS]",
      sep_token: "[SEP]",
      mask_token: "[MASK]",
    },
    tokenizer: {
      post_processor,
      added_tokens: [0, 1, 2, 3, 4, 13].map((id) => ({ id, content: WORDS[id], normalized: false, special: true })),
      normalizer: { type: "BertNormalizer" },
      pre_tokenizer: { type: "BertPreTokenizer" },
      decoder: { type: "WordPiece", prefix: "##", cleanup: true },
      model: { type: "WordPiece", unk_token: "[UNK]", vocab: Object.fromEntries(WORDS.map((word, id) => [word, id])) },
    },
  });
}

const BARE = framedBy(null);
const FRAMES = { bare: BARE, roberta: framedBy(ROBERTA), template: framedBy(TEMPLATE) };

/** A model of five labels that records its calls; the logits of a token are zeros, but 9 for its id modulo 5. */
class FakeTokens implements AnsweringModel {
  readonly trunk = trunkOver(this);
  readonly config: NarrowBertConfig;
  readonly calls: (Required<Call> & { token_type_ids: number[][] })[] = [];

  constructor(positions: number) {
    this.config = new NarrowBertConfig({ vocab_size: 14, max_position_embeddings: positions, num_labels: 5 });
  }

  forward(inputs: object) {
    const call = inputs as (typeof this.calls)[0];
    this.calls.push(call);
    const rows = call.input_ids.map((ids, b) => ids.filter((_, l) => call.narrow_mask[b]![l] === 1));
    const longest = Math.max(...rows.map(({ length }) => length));
    const logits = rows.flatMap((ids) =>
      Array.from({ length: longest * 5 }, (_, i) => (ids[Math.floor(i / 5)] ?? 0) % 5 === i % 5 ? 9 : 0)
    );
    return Promise.resolve({ logits: new Tensor("float32", logits, [rows.length, longest, 5]) });
  }

  top_k(inputs: object, k: number) {
    const { narrow_mask } = inputs as Required<Call>;
    const rows = Math.max(...narrow_mask.map((flags) => flags.filter(Boolean).length));
    const dims = [narrow_mask.length, rows, k];
    const size = narrow_mask.length * rows * k;
    return Promise.resolve({
      indices: new Tensor("int32", new Array(size).fill(6), dims), // world
      scores: new Tensor("float32", new Array(size).fill(0.5), dims),
    });
  }

  log_probabilities(inputs: object) {
    const call = inputs as (typeof this.calls)[0];
    this.calls.push(call);
    return Promise.resolve({
      log_probabilities: new Tensor("float32", call.input_ids.map(() => -1), [call.input_ids.length]),
    });
  }

  dispose() {}
}

/** What a tagger reads of each text, and the answers. */
const TAGGED: [frame: keyof typeof FRAMES, text: string, ids: number[], types: number[]][] = [
  ["bare", "hello world", [5, 6], [0, 0]],
  ["bare", "ab a b c", [10, 7, 8, 9], [0, 0, 0, 0]],
  ["bare", "hello", [5], [0]],
  ["roberta", "hello world", [2, 5, 6, 3], [0, 0, 0, 0]],
  ["roberta", "ab a b c", [2, 10, 7, 8, 9, 3], [0, 0, 0, 0, 0, 0]],
  ["roberta", "hello", [2, 5, 3], [0, 0, 0]],
  ["template", "hello world", [2, 13, 5, 6, 3], [0, 1, 1, 1, 0]],
  ["template", "ab a b c", [2, 13, 10, 7, 8, 9, 3], [0, 1, 1, 1, 1, 1, 0]],
  ["template", "hello", [2, 13, 5, 3], [0, 1, 1, 0]],
];

Deno.test("a text is tagged in its tokenizer's frame, and each word by its own row", async () => {
  for (const [frame, text, ids, types] of TAGGED) {
    const model = new FakeTokens(16);
    const tag = createTokenClassification({ model, tokenizer: FRAMES[frame] });
    const found = await tag(text, { ignore_labels: [] });
    assert.deepEqual([model.calls[0]!.input_ids, model.calls[0]!.token_type_ids], [[ids], [types]], `${frame} ${text}`);
    const words = text.split(" ");
    const start = ids.indexOf(WORDS.indexOf(words[0]!));
    assert.deepEqual(
      found.map(({ word, entity, index }) => [word, entity, index]),
      words.map((word, i) => [word, `LABEL_${WORDS.indexOf(word) % 5}`, start + i]),
    );
  }
});

Deno.test("windows have the frame of the text, and leave room for it", async () => {
  const windows = async (frame: keyof typeof FRAMES) => {
    const model = new FakeTokens(5);
    const tag = createTokenClassification({ model, tokenizer: FRAMES[frame] });
    const found = await tag("hello world a b c ab", { ignore_labels: [], stride: 1 });
    assert.deepEqual(found.map(({ word }) => word), ["hello", "world", "a", "b", "c", "ab"]);
    return model.calls.flatMap(({ input_ids, attention_mask }) =>
      input_ids.map((ids, b) => ids.filter((_, l) => attention_mask[b]![l] === 1))
    );
  };
  assert.deepEqual(await windows("bare"), [[5, 6, 7, 8, 9], [9, 10]]);
  assert.deepEqual(await windows("roberta"), [[2, 5, 6, 7, 3], [2, 7, 8, 9, 3], [2, 9, 10, 3]]);
  assert.deepEqual((await windows("template")).toSorted((a, b) => a[2]! - b[2]!), [
    [2, 13, 5, 6, 3],
    [2, 13, 6, 7, 3],
    [2, 13, 7, 8, 3],
    [2, 13, 8, 9, 3],
    [2, 13, 9, 10, 3],
  ]);
  const tag = createTokenClassification({ model: new FakeTokens(5), tokenizer: FRAMES.template });
  await assert.rejects(() => tag("hello", { stride: 2 }), /stride must be a whole number from 0 to 1/);
});

Deno.test("the text with a mask filled has all its words, and no token of the frame", async () => {
  const filled: [text: string, sequences: string[]][] = [
    ["hello [MASK] [MASK] ab", ["hello world [MASK] ab", "hello [MASK] world ab"]],
    ["[MASK] a [MASK]", ["world a [MASK]", "[MASK] a world"]],
    ["[MASK] [MASK]", ["world [MASK]", "[MASK] world"]],
    ["a [MASK]", ["a world"]],
    ["[MASK]", ["world"]],
  ];
  for (const [frame, tokenizer] of Object.entries(FRAMES)) {
    const fill = createFillMask({ model: new FakeTokens(16), tokenizer });
    for (const [text, sequences] of filled) {
      const found = (await fill(text, { top_k: 1, per_mask: true })).flat().map(({ sequence }) => sequence);
      assert.deepEqual(found, sequences, `${frame} ${text}`);
    }
  }
});

Deno.test("each token of a text is scored, and none of the frame", async () => {
  for (const [frame, positions] of [["bare", [0, 1, 2]], ["roberta", [1, 2, 3]], ["template", [2, 3, 4]]] as const) {
    const score = createScore({ model: new FakeTokens(16), tokenizer: FRAMES[frame] });
    const { tokens } = await score("hello a b");
    assert.deepEqual(tokens.map(({ index, token }) => [index, token]), [5, 7, 8].map((id, i) => [positions[i], id]));
  }
});

Deno.test("a text needs a word whatever the frame, and two tokens without a frame are words", async () => {
  const refused = { name: "InputError", message: /it must hold a word, got ""/ };
  for (const tokenizer of Object.values(FRAMES)) {
    const tag = createTokenClassification({ model: new FakeTokens(16), tokenizer });
    await assert.rejects(() => tag(""), refused);
    const model = new FakeClassifier({ num_labels: 1, vocab_size: 14 }, (ids) => [ids.length]);
    const rank = createTextRanking({ model, tokenizer });
    await assert.rejects(() => rank(" ", ["a b"]), (error) => {
      assert(error instanceof InputError);
      assert.match(error.message, /its query must hold a word, got " "/);
      return true;
    });
    assert.equal((await rank("a", ["b"])).length, 1);
  }
  const classify = (tokenizer: BertTokenizer) =>
    createTextClassification({ model: new FakeClassifier({ vocab_size: 14 }, () => [0, 1]), tokenizer });
  assert.equal((await classify(FRAMES.roberta)("")).length, 1);
  assert.equal((await classify(BARE)({ text: "hello", text_pair: "ab" })).length, 1);
  await assert.rejects(() => classify(BARE)(""), refused);
});

Deno.test("of a pair that is too long the longer text is named, whatever the types of its tokens", async () => {
  for (const tokenizer of Object.values(FRAMES)) {
    const config = { num_labels: 1, vocab_size: 14, max_position_embeddings: 8 };
    const rank = createTextRanking({ model: new FakeClassifier(config, () => [0]), tokenizer });
    await assert.rejects(() => rank("a", ["b c ".repeat(6)]), /the model takes 8 tokens, got \d+ \("b c b c/);
    await assert.rejects(() => rank("a c ".repeat(6), ["b"]), /got \d+ in its query alone \("a c a c/);
  }
});
