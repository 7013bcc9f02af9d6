import assert from "node:assert/strict";
import { requestGpu } from "../../src/gpu/device.ts";
import { NarrowBertForMaskedLM } from "../../src/heads/masked_lm.ts";
import { NarrowBertForMultipleChoice } from "../../src/heads/multiple_choice.ts";
import { NarrowBertForSequenceClassification } from "../../src/heads/sequence_classification.ts";
import { NarrowBertConfig } from "../../src/model/config/config.ts";
import { createFillMask } from "../../src/pipelines/tasks/fill_mask.ts";
import { createMultipleChoice } from "../../src/pipelines/tasks/multiple_choice.ts";
import { createScore } from "../../src/pipelines/tasks/score.ts";
import { pipeline } from "../../src/pipelines/pipeline.ts";
import { createTextClassification, type LabelScore } from "../../src/pipelines/tasks/text_classification.ts";
import { createTextRanking } from "../../src/pipelines/tasks/text_ranking.ts";
import { createZeroShotClassification } from "../../src/pipelines/tasks/zero_shot_classification.ts";
import { randomTexts } from "../text/random_texts.ts";
import { shippedTokenizer, warnings } from "./fakes.ts";

const tokenizer = await shippedTokenizer();

/** A small NarrowBERT, two of whose layers are narrow. */
const config = new NarrowBertConfig({
  vocab_size: 8000,
  hidden_size: 32,
  num_attention_heads: 4,
  intermediate_size: 48,
  num_hidden_layers: 4,
  full_length_layers: 2,
  max_position_embeddings: 96,
  initializer_range: 0.3,
});

const TEXTS = [
  "a king",
  "the wife of a king of a large country",
  "x",
  "a large animal with a long trunk, two tusks and grey skin",
  "move quickly on foot",
];

/** Numbers of two answers within 1e-5, everything else equal. */
function assertAlike(actual: unknown, expected: unknown, path = "answer"): void {
  if (typeof expected === "number" && typeof actual === "number") {
    assert(
      Math.abs(actual - expected) <= 1e-5 * Math.max(1, Math.abs(expected)),
      `${path}: ${actual}, not ${expected}`,
    );
  } else if (typeof expected === "object" && expected !== null) {
    assert.deepEqual(Object.keys(actual as object), Object.keys(expected), path);
    for (const [key, value] of Object.entries(expected)) {
      assertAlike((actual as Record<string, unknown>)[key], value, `${path}.${key}`);
    }
  } else assert.equal(actual, expected, path);
}

/** A pipeline of each task with the same inputs: one at a time, as a list, as a stream. */
interface Ways<Input> {
  inputs: Input[];
  one: (input: Input) => Promise<unknown>;
  list: (inputs: Input[]) => Promise<unknown[]>;
  stream: (inputs: Input[]) => AsyncIterable<unknown>;
}

/** A list, singles and a stream give the same, and no model falls back to its ordinary mode. */
function testWays<Input>(task: string, ways: () => Promise<Ways<Input> & Disposable>): void {
  Deno.test(`${task}: a list and a stream give what the inputs give alone, by narrow rows`, async () => {
    const said = await warnings(async () => {
      using pipeline = await ways();
      const { inputs, one, list, stream } = pipeline;
      const answers = await list(inputs);
      assert.equal(answers.length, inputs.length);
      for (const [i, input] of inputs.entries()) assertAlike(await one(input), answers[i]);
      assertAlike(await Array.fromAsync(stream(inputs)), answers);
      assert.deepEqual(await list([]), []);
    });
    assert.deepEqual(said, []);
  });
}

const maskedLM = () => NarrowBertForMaskedLM.from_config(config, { seed: 1 });
const classifier = (labels: string[]) =>
  NarrowBertForSequenceClassification.from_config(config.with({ id2label: { ...labels } }), { seed: 2 });

testWays("fill-mask", async () => {
  const fill = createFillMask({ model: await maskedLM(), tokenizer });
  const options = { targets: ["person", "king", "horse"] };
  return {
    inputs: TEXTS.map((text, i) => `${text} ${"[MASK] ".repeat(1 + i % 3)}`),
    one: async (text) => [await fill(text), await fill(text, options)],
    list: async (texts) => {
      const chosen = await fill(texts, options);
      return (await fill(texts)).map((words, i) => [words, chosen[i]]);
    },
    stream: async function* (texts) {
      const chosen = fill.stream(texts, options);
      for await (const words of fill.stream(texts)) yield [words, (await chosen.next()).value];
    },
    [Symbol.dispose]: fill.dispose,
  };
});

testWays("text-classification", async () => {
  const classify = createTextClassification({ model: await classifier(["a", "b", "c"]), tokenizer });
  const options = { top_k: null, function_to_apply: "none" } as const;
  return {
    inputs: [...TEXTS, { text: "a king", text_pair: "a wife" }],
    one: (text) => classify(text, options),
    list: (texts) => classify(texts, options),
    stream: (texts) => classify.stream(texts, options),
    [Symbol.dispose]: classify.dispose,
  };
});

testWays("zero-shot-classification", async () => {
  const sort = createZeroShotClassification({ model: await classifier(["contradiction", "entailment"]), tokenizer });
  const labels = ["animals", "kings and queens", "motion"];
  const options = { multi_label: true };
  return {
    inputs: TEXTS,
    one: (text) => sort(text, labels, options),
    list: (texts) => sort(texts, labels, options),
    stream: (texts) => sort.stream(texts, labels, options),
    [Symbol.dispose]: sort.dispose,
  };
});

testWays("multiple-choice", async () => {
  const model = await NarrowBertForMultipleChoice.from_config(config, { seed: 3 });
  const choose = createMultipleChoice({ model, tokenizer });
  return {
    inputs: TEXTS.map((prompt, i) => ({ prompt, choices: TEXTS.slice(0, 1 + i) })),
    one: ({ prompt, choices }) => choose(prompt, choices),
    list: (questions) => choose(questions),
    stream: (questions) => choose.stream(questions),
    [Symbol.dispose]: choose.dispose,
  };
});

testWays("text-ranking", async () => {
  const rank = createTextRanking({ model: await classifier(["relevance"]), tokenizer });
  const options = { raw_scores: true, return_text: true };
  return {
    inputs: TEXTS.map((query, i) => ({ query, texts: TEXTS.slice(0, 1 + i) })),
    one: ({ query, texts }) => rank(query, texts, options),
    list: (queries) => rank(queries, options),
    stream: (queries) => rank.stream(queries, options),
    [Symbol.dispose]: rank.dispose,
  };
});

testWays("score", async () => {
  const score = createScore({ model: await maskedLM(), tokenizer });
  return {
    inputs: TEXTS,
    one: (text) => score(text),
    list: (texts) => score(texts),
    stream: (texts) => score.stream(texts),
    [Symbol.dispose]: score.dispose,
  };
});

Deno.test("random Unicode texts give in a list what they give alone, on the shipped models", async () => {
  const texts = randomTexts(40, 20250104).filter((text) => tokenizer.tokenize(text).length > 0);
  assert(texts.length > 30);
  const truncation = true;
  using classify = await pipeline("text-classification");
  const labels = await classify(texts, { truncation, top_k: null });
  using embed = await pipeline("feature-extraction");
  const embeddings = await embed(texts, { truncation, pooling: "none" });
  const means = await embed(texts, { truncation, pooling: "mean" });
  for (const [i, text] of texts.entries()) {
    const name = JSON.stringify(text);
    const byLabel = (found: LabelScore[]) => Object.fromEntries(found.map(({ label, score }) => [label, score]).sort());
    assertAlike(byLabel(await classify(text, { truncation, top_k: null })), byLabel(labels[i]!), name);
    const states = await embed(text, { truncation, pooling: "none" });
    assert.deepEqual(states.dims, embeddings[i]!.dims);
    assertAlike(states.tolist(), embeddings[i]!.tolist(), name);
    assertAlike((await embed(text, { truncation, pooling: "mean" })).tolist(), means[i]!.tolist(), name);
  }
});

Deno.test("aborting a list or a stream in the middle leaves nothing running, and GPU memory as it was", async () => {
  const { buffers, staging } = await requestGpu();
  using classify = createTextClassification({ model: await classifier(["a", "b", "c"]), tokenizer });
  const texts = Array.from({ length: 1500 }, (_, i) => `${TEXTS[i % TEXTS.length]!} ${i}`);
  const expected = await classify(texts);
  staging.trim(); // what is left of it is lent to a running call
  const bytes = buffers.liveBytes;
  assert.equal(staging.bytes, 0);
  for (const way of ["list", "stream"] as const) {
    const controller = new AbortController();
    const { signal } = controller;
    let batches = 0;
    const progress_callback = () => void (++batches === 2 && controller.abort(new Error("enough")));
    const call = async () => {
      if (way === "list") return await classify(texts, { signal, progress_callback });
      return await Array.fromAsync(classify.stream(texts, { signal, progress_callback, window: 500 }));
    };
    await assert.rejects(call, /enough/);
    staging.trim();
    assert.deepEqual([buffers.liveBytes, staging.bytes], [bytes, 0]);
  }
  assertAlike(await classify(texts), expected);
  assert.equal(buffers.liveBytes, bytes);
});
