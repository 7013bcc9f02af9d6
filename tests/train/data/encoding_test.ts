/** What batches hold, and that models take them. No GPU takes part. */

import assert from "node:assert/strict";
import {
  datasetOf,
  type DataTask,
  NarrowBertConfig,
  NarrowBertTokenizerFast,
  type TrainingDataOptions,
} from "../../../mod.ts";
import { lossCall } from "../../../src/heads/calls/losses.ts";
import { MASKED_LM } from "../../../src/heads/layers/masked_lm.ts";
import { MULTIPLE_CHOICE, SEQUENCE_CLASSIFICATION } from "../../../src/heads/layers/pooled_classifier.ts";
import { TOKEN_CLASSIFICATION } from "../../../src/heads/layers/token_classifier.ts";
import type { ModelHead } from "../../../src/model/head.ts";
import { randomTexts } from "../../text/random_texts.ts";
import { allBatches, examplesOf, listOf, texts, tokenizer } from "./data.ts";

const [CLS, SEP, PAD] = [tokenizer.cls_token_id!, tokenizer.sep_token_id!, tokenizer.pad_token_id!];
const IGNORE = -100;

const idsOf = (text: string) => tokenizer.encode(text, { add_special_tokens: false });

/** All examples as one batch, in their own order. */
async function batchOf(task: DataTask, examples: readonly unknown[], options: Partial<TrainingDataOptions> = {}) {
  const data = datasetOf(examples, { task });
  const [batch, ...others] = await Array.fromAsync(data.evaluation({ tokenizer, max_seq_length: 24, ...options }));
  assert.deepEqual([others, batch!.examples], [[], examples.map((_, i) => i)]);
  return batch!;
}

const HEADS: Record<DataTask, ModelHead> = {
  mlm: MASKED_LM,
  classify: SEQUENCE_CLASSIFICATION,
  tag: TOKEN_CLASSIFICATION,
  choose: MULTIPLE_CHOICE,
};

Deno.test("batches of every task are what a model with its head takes", async () => {
  for (const [task, head] of Object.entries(HEADS) as [DataTask, ModelHead][]) {
    const data = examplesOf(task, 60);
    const id2label = data.labels.length > 0 ? { ...data.labels } : null;
    const config = new NarrowBertConfig({ vocab_size: 8000, max_position_embeddings: 96, id2label });
    for (const batch of await allBatches(data.training({ tokenizer, model: { config } }))) {
      const call = lossCall({ head, name: task }, { inputs: batch.inputs, config, purpose: "test" });
      assert.equal(call.batch.mask.reduce((sum, kept) => sum + kept), batch.tokens);
      const { counted } = call.head.scalars as { counted: number };
      const narrow = listOf<number[][]>(batch, "labels").flat().filter((label) => label !== IGNORE).length;
      assert.equal(counted, narrow);
    }
  }
});

Deno.test("texts and pairs are padded, with their types and labels", async () => {
  const examples = [
    { text: "a small dog", text_pair: "a cat", label: "b" },
    { text: "water", text_pair: "wood and fish", label: "a" },
  ];
  const batch = await batchOf("classify", examples);
  const { input_ids, token_type_ids, attention_mask } = tokenizer.batch_encode_plus(
    examples.map(({ text, text_pair }) => [text, text_pair] as const),
    { padding: true },
  );
  assert.deepEqual(listOf(batch, "input_ids"), input_ids);
  assert.deepEqual(listOf(batch, "token_type_ids"), token_type_ids);
  assert.deepEqual(listOf(batch, "attention_mask"), attention_mask);
  assert.deepEqual(listOf(batch, "labels"), [1, 0]);
  assert.equal(batch.tokens, attention_mask.flat().reduce((a, b) => a + b));
  const single = await batchOf("classify", examples.map(({ text, label }) => ({ text, label })));
  assert.equal("token_type_ids" in single.inputs, false);
});

Deno.test("several labels are a row of zeros and ones, numbers are floats", async () => {
  const several = await batchOf("classify", [["x", "z"], [], ["y"]].map((label) => ({ text: "a dog", label })));
  assert.deepEqual(listOf(several, "labels"), [[1, 0, 1], [0, 0, 0], [0, 1, 0]]);
  assert.equal(several.inputs.labels.type, "float32");
  const numbers = await batchOf("classify", ["1", 0.5, "-2e1"].map((label) => ({ text: "a dog", label })));
  assert.deepEqual(listOf(numbers, "labels"), [1, 0.5, -20]);
});

Deno.test("the first piece of each word has its tag, the others have none", async () => {
  const examples = [
    { tokens: ["unpronounceable", "dogs", "U.S.", "\u200b", "end"], tags: ["B-X", "O", "I-X", "O", "B-X"] },
    { tokens: ["a"], tags: ["O"] },
  ];
  const batch = await batchOf("tag", examples);
  const names = ["B-X", "I-X", "O"];
  const pieces = examples[0]!.tokens.map(idsOf);
  assert.deepEqual(pieces.map(({ length }) => length > 1), [true, false, true, false, false]);
  assert.deepEqual(pieces[3], [], "a word of characters that the tokenizer drops has no piece, and so no label");
  const width = pieces.flat().length + 2;
  const padded = (row: number[], padding: number) => [...row, ...Array(width - row.length).fill(padding)];
  assert.deepEqual(listOf(batch, "input_ids"), [
    [CLS, ...pieces.flat(), SEP],
    padded([CLS, ...idsOf("a"), SEP], PAD),
  ]);
  const labels = pieces.flatMap((word, i) =>
    word.map((_, k) => k === 0 ? names.indexOf(examples[0]!.tags[i]!) : IGNORE)
  );
  assert.deepEqual(listOf(batch, "labels"), [[IGNORE, ...labels, IGNORE], padded([IGNORE, 2, IGNORE], IGNORE)]);
});

Deno.test("a word whose tag is null is read, and has no label", async () => {
  const tokens = ["small", "dogs", "end"];
  const examples = [{ tokens, tags: ["O", null, "B-X"] }, { tokens, tags: [null, null, null] }];
  const data = datasetOf(examples, { task: "tag" });
  assert.deepEqual([data.labels, data.label_counts], [["B-X", "O"], [1, 1]]);
  const batch = await batchOf("tag", examples);
  const labels = listOf<number[][]>(batch, "labels");
  assert.deepEqual(labels.map((row) => row.filter((label) => label !== IGNORE)), [[1, 0], []]);
  const [first, second] = listOf<number[][]>(batch, "input_ids");
  assert.deepEqual(first, second);
});

Deno.test("words have the pieces and labels that Hugging Face's tokenizers give them", async () => {
  const url = new URL("../../golden/text/split_words.json", import.meta.url);
  const { sentences } = JSON.parse(await Deno.readTextFile(url)) as {
    sentences: { words: string[]; ids: number[]; labels: number[] }[];
  };
  const names = Array.from({ length: Math.max(...sentences.map(({ words }) => words.length)) }, (_, i) => `${i}`);
  const examples = sentences.map(({ words }) => ({ tokens: words, tags: words.map((_, i) => names[i]) }));
  const data = datasetOf(examples, { task: "tag", labels: names });
  for await (const batch of data.evaluation({ tokenizer, max_seq_length: 512, per_device_eval_batch_size: 1 })) {
    const { words, ids, labels } = sentences[batch.examples[0]!]!;
    assert.deepEqual([listOf(batch, "input_ids"), listOf(batch, "labels")], [[ids], [labels]], words.join(" "));
  }
});

Deno.test("words have the pieces that they have in a text with spaces between them", async () => {
  const sentences = randomTexts(200, 5)
    .map((text) => text.split(/\s+/u).filter((word) => word !== "" && !/[[\]]/.test(word)))
    .filter((words) => words.length > 0);
  const examples = sentences.map((tokens, i) => ({
    tokens,
    tags: tokens.map((_, k) => (i + k) % 2 === 0 ? "O" : "X"),
  }));
  const data = datasetOf(examples, { task: "tag" });
  for await (const batch of data.evaluation({ tokenizer, max_seq_length: 4096, max_batch_tokens: 2000 })) {
    const ids = listOf<number[][]>(batch, "input_ids");
    batch.examples.forEach((example, row) => {
      const expected = tokenizer.encode(sentences[example]!.join(" "));
      assert.deepEqual(ids[row]!.slice(0, expected.length), expected, JSON.stringify(sentences[example]));
    });
  }
});

Deno.test("choices are [B, choices, L]; a batch has questions with equally many", async () => {
  const question = { text: "a dog", choices: ["that barks", "that meows loudly", "fish"], label: 2 };
  const batch = await batchOf("choose", [question, { ...question, text: "an old horse", label: 0 }]);
  const rows = [question.text, "an old horse"].map((text) =>
    question.choices.map((choice) => tokenizer.encode(text, { text_pair: choice }))
  );
  const width = Math.max(...rows.flat().map(({ length }) => length));
  const padded = rows.map((choices) => choices.map((ids) => [...ids, ...Array(width - ids.length).fill(PAD)]));
  assert.deepEqual(listOf(batch, "input_ids"), padded);
  assert.deepEqual(listOf(batch, "labels"), [2, 0]);
  const mixed = await allBatches(examplesOf("choose", 90).training({ tokenizer, per_device_train_batch_size: 16 }));
  const widths = new Set(mixed.map(({ inputs }) => inputs.input_ids.dims[1]));
  assert.deepEqual([...widths].sort(), [2, 3, 4]);
});

Deno.test("what is too long is cut, and counted", async () => {
  const long = texts(12).join(" ");
  const ids = idsOf(long);
  const options = { max_seq_length: 10 };
  const masked = await batchOf("mlm", [{ text: long }, { text: "a dog" }], options);
  const [row] = listOf<number[][]>(masked, "input_ids");
  const [labels] = listOf<number[][]>(masked, "labels");
  assert.deepEqual(row!.map((id, i) => labels![i] === IGNORE ? id : labels![i]), [CLS, ...ids.slice(0, 8), SEP]);
  assert.equal(masked.truncated, 1);
  const pairs = await batchOf("classify", [
    { text: long, text_pair: long, label: "x" },
    { text: "a", text_pair: "b", label: "y" },
  ], options);
  assert.deepEqual(
    listOf<number[][]>(pairs, "input_ids")[0],
    tokenizer.encode(long, { text_pair: long, truncation: true, max_length: 10 }),
  );
  assert.equal(pairs.truncated, 1);
  const tokens = long.split(" ");
  const tagged = await batchOf("tag", [{ tokens, tags: tokens.map((_, i) => `${i}`) }], options);
  assert.deepEqual(listOf(tagged, "input_ids"), [[CLS, ...tokens.flatMap(idsOf).slice(0, 8), SEP]]);
  assert.equal(tagged.truncated, 1);
  const choices = [long, "a", "b"];
  assert.equal((await batchOf("choose", [{ text: "a", choices, label: 0 }], options)).truncated, 1);
});

Deno.test("sequences are as long as the model and the tokenizer allow, or as asked", async () => {
  const rows = [texts(60).join(" ")];
  const longest = async (options: Partial<TrainingDataOptions>) => {
    const [batch] = await allBatches(datasetOf(rows, { task: "mlm" }).training({ tokenizer, ...options }));
    return batch!.tokens;
  };
  assert.equal(await longest({}), 96);
  assert.equal(await longest({ model: { config: { max_position_embeddings: 64 } } }), 64);
  assert.equal(await longest({ model: { config: { max_position_embeddings: 512 } } }), 96);
  assert.equal(await longest({ max_seq_length: 20 }), 20);
  const model = { config: { max_position_embeddings: 64 } };
  await assert.rejects(longest({ model, max_seq_length: 65 }), {
    name: "RangeError",
    message:
      "Cannot read training data: max_seq_length must be a whole number from 5 to 64, the positions of the model, got 65",
  });
});

Deno.test("options that do not fit are refused", () => {
  const data = examplesOf("classify", 3);
  const refuses = (options: object, name: string, message: string) =>
    assert.throws(() => data.training({ tokenizer, ...options }), {
      name,
      message: `Cannot read training data: ${message}`,
    });
  refuses({ tokenizer: {} }, "TypeError", "tokenizer must be a tokenizer of this library, got an object");
  refuses({ seed: -1 }, "RangeError", "seed must be a whole number from 0 below 2^32, got -1");
  refuses(
    { mlm_probability: 0.2 },
    "TypeError",
    'there is no option "mlm_probability"; options are tokenizer, model, max_seq_length, seed, ' +
      "per_device_train_batch_size, max_batch_tokens, shuffle_buffer_size",
  );
  for (const name of ["per_device_train_batch_size", "max_batch_tokens", "shuffle_buffer_size"]) {
    refuses({ [name]: 0 }, "RangeError", `${name} must be a whole number from 1, got 0`);
  }
  const masked = (options: object) => () => examplesOf("mlm", 3).training({ tokenizer, ...options });
  assert.throws(masked({ mlm_probability: 1 }), {
    message: "Cannot read training data: mlm_probability must be a number over 0 and below 1, got 1",
  });
  assert.throws(masked({ pack_texts: "yes" }), {
    message: "Cannot read training data: pack_texts must be true or false, got yes",
  });
  assert.throws(() => data.evaluation({ tokenizer, per_device_eval_batch_size: 0.5 }), {
    message: "Cannot read evaluation data: per_device_eval_batch_size must be a whole number from 1, got 0.5",
  });
});

Deno.test("texts to guess, packed texts and tags have the frame of their tokenizer", async () => {
  const words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "sat", "##s"];
  const vocab = Object.fromEntries(words.map((word, id) => [word, id]));
  const special = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
  const text = (type_id = 0) => ({ Sequence: { id: "A", type_id } });
  const load = async (single: unknown[] | null) => {
    const json = {
      version: "1.0",
      added_tokens: words.slice(0, 5).map((content, id) => ({ id, content, special: true })),
      normalizer: null,
      pre_tokenizer: { type: "Whitespace" },
      post_processor: single && {
        type: "TemplateProcessing",
        single,
        pair: [text(), { Sequence: { id: "B", type_id: 0 } }],
        special_tokens: Object.fromEntries(
          ["[CLS]", "[SEP]", "[MASK]"].map((
            id,
          ) => [id, { id, ids: id === "[MASK]" ? [4, 1] : [vocab[id]!], tokens: [id] }]),
        ),
      },
      model: {
        type: "WordPiece",
        vocab,
        unk_token: "[UNK]",
        continuing_subword_prefix: "##",
        max_input_chars_per_word: 100,
      },
    };
    const config = {
      tokenizer_class: "PreTrainedTokenizerFast",
      ...Object.fromEntries(
        ["pad", "unk", "cls", "sep", "mask"].map((name) => [`${name}_token`, `[${name.toUpperCase()}]`]),
      ),
    };
    const bytes = (value: object) => new TextEncoder().encode(JSON.stringify(value));
    return await NarrowBertTokenizerFast.from_pretrained(
      new Map([["tokenizer.json", bytes(json)], ["tokenizer_config.json", bytes(config)]]),
    );
  };
  const frames: [single: unknown[] | null, before: number[], after: number[]][] = [
    [null, [], []],
    [[special("[CLS]"), text()], [2], []],
    [[text(), special("[SEP]"), special("[CLS]")], [], [3, 2]],
    [[special("[CLS]"), special("[MASK]"), text(), special("[SEP]")], [2, 4, 1], [3]],
  ];
  for (const [single, before, after] of frames) {
    const own = await load(single);
    const around = before.length + after.length;
    const tags = { tokens: ["the", "cats", "sat"], tags: ["O", "B", "O"] };
    const tagged = await batchOf("tag", [tags], { tokenizer: own });
    assert.deepEqual(listOf(tagged, "input_ids"), [[...before, 5, 6, 8, 7, ...after]]);
    const none = (list: number[]) => list.map(() => IGNORE);
    assert.deepEqual(listOf(tagged, "labels"), [[...none(before), 1, 0, IGNORE, 1, ...none(after)]]);
    const masked = await batchOf("mlm", ["the cats sat the cat sat", "sat"].map((text) => ({ text })), {
      tokenizer: own,
      mlm_probability: 0.01,
      max_seq_length: around + 5,
    });
    const [first] = listOf<number[][]>(masked, "input_ids");
    assert.equal(first!.length, around + 5);
    assert.deepEqual([first!.slice(0, before.length), first!.slice(before.length + 5)], [before, after]);
  }
  const long = await load([...Array.from({ length: 5 }, () => special("[CLS]")), text()]);
  await assert.rejects(batchOf("mlm", [{ text: "the" }], { tokenizer: long, max_seq_length: 5 }), {
    name: "RangeError",
    message:
      "Cannot train with sequences of 5 tokens: max_seq_length must be larger than 5, the special tokens of a text",
  });
  const wrong = await load([special("[CLS]"), text(1)]);
  await assert.rejects(batchOf("mlm", [{ text: "the" }], { tokenizer: wrong }), {
    name: "TokenizerError",
    message: "Cannot train with this tokenizer: all tokens of a single text must have the token type 0, got 1",
  });
});
