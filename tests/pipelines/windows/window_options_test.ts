/** Options about windows: what they may be, and what they make of answers that follow a rule. */

import assert from "node:assert/strict";
import { InputError } from "../../../src/base/errors.ts";
import type { Tensor } from "../../../src/base/tensor.ts";
import { NO_SENTENCE_CONFIG, type SentenceConfig } from "../../../src/heads/sentence/sentence_config.ts";
import { normalized } from "../../../src/heads/sentence/vector_modules.ts";
import { createFeatureExtraction } from "../../../src/pipelines/tasks/feature_extraction.ts";
import { createFillMask } from "../../../src/pipelines/tasks/fill_mask.ts";
import { createMultipleChoice } from "../../../src/pipelines/tasks/multiple_choice.ts";
import { createScore } from "../../../src/pipelines/tasks/score.ts";
import { createTextClassification } from "../../../src/pipelines/tasks/text_classification.ts";
import { createTextRanking } from "../../../src/pipelines/tasks/text_ranking.ts";
import { createTokenClassification } from "../../../src/pipelines/tasks/token_classification/token_classification.ts";
import { createZeroShotClassification } from "../../../src/pipelines/tasks/zero_shot_classification.ts";
import type { Aggregation } from "../../../src/pipelines/windows/options.ts";
import { FakeEncoder, mean, state, WIDTH } from "../fake_encoder.ts";
import { FakeClassifier, FakeMaskedLM, shippedTokenizer } from "../fakes.ts";

const tokenizer = await shippedTokenizer();
const NLI = { id2label: { 0: "contradiction", 1: "entailment" } };

/** A classifier whose logits are the number of kings among the tokens ("king" is one), and 1. */
const [KING] = tokenizer.encode("king", { add_special_tokens: false });
const kings = (config: Record<string, unknown>) =>
  new FakeClassifier(config, (ids) => {
    const count = ids.filter((id) => id === KING).length;
    return config.num_labels === 1 ? [count] : [count, 1];
  });

const classifying = (config: Record<string, unknown> = {}) => {
  const model = kings(config);
  return { model, classify: createTextClassification({ model, tokenizer }) };
};
const ranking = () => {
  const model = kings({ num_labels: 1 });
  return { model, rank: createTextRanking({ model, tokenizer }) };
};
const embedding = (sentence: Partial<SentenceConfig> = {}) => {
  const model = new FakeEncoder();
  return { model, embed: createFeatureExtraction({ model, tokenizer }, { ...NO_SENTENCE_CONFIG, ...sentence }) };
};

/** Each task's call with some options, and the most tokens of a text in a window. */
const TASKS: Record<string, { ask: (options: object) => Promise<unknown>; action: string; capacity: number }> = {
  classification: {
    ask: (options) => classifying().classify("a king", options),
    action: "classify texts",
    capacity: 94,
  },
  embedding: {
    ask: (options) => embedding().embed("a king", { pooling: "mean", ...options }),
    action: "embed texts",
    capacity: 94,
  },
  ranking: { ask: (options) => ranking().rank("a", ["king"], options), action: "rank texts", capacity: 92 },
  "zero-shot": {
    ask: (options) =>
      createZeroShotClassification({ model: kings(NLI), tokenizer })("a king", ["king", "tree of"], {
        hypothesis_template: "{}",
        ...options,
      }),
    action: "classify texts",
    capacity: 91,
  },
  score: {
    ask: (options) => createScore({ model: new FakeMaskedLM(), tokenizer })("a king", options),
    action: "score texts",
    capacity: 94,
  },
  "fill-mask": {
    ask: (options) => createFillMask({ model: new FakeMaskedLM(), tokenizer })("a [MASK]", options),
    action: "fill masks",
    capacity: 94,
  },
  tagging: {
    ask: (options) => createTokenClassification({ model: kings(NLI), tokenizer })("a king", options),
    action: "tag texts",
    capacity: 94,
  },
};

for (const [task, { ask, action, capacity }] of Object.entries(TASKS)) {
  Deno.test(`${task}: a stride is a whole number below what a window takes of a text`, async () => {
    for (const stride of [-1, 1.5, NaN, Infinity, capacity, 1000, "8", null]) {
      const message = `Cannot ${action}: stride must be a whole number from 0 to ${capacity - 1}, as a window takes ` +
        `${capacity} tokens of a text, got ${stride}`;
      await assert.rejects(async () => await ask({ stride }), new RangeError(message));
    }
  });
}

for (const task of ["classification", "embedding", "ranking", "zero-shot"]) {
  const { ask, action } = TASKS[task]!;
  Deno.test(`${task}: aggregations are those that there are, and what is about windows needs a stride`, async () => {
    const message = `Cannot ${action}: aggregation must be one of mean, max, first, got "sum"`;
    await assert.rejects(() => ask({ stride: 8, aggregation: "sum" }), new RangeError(message));
    for (
      const [options, name] of [[{ aggregation: "mean" }, "aggregation"], [{ return_windows: true }, "return_windows"]]
    ) {
      const message = `Cannot ${action}: ${name} is about windows, so it needs a stride, the tokens that they share`;
      await assert.rejects(() => ask(options as object), new RangeError(message));
    }
    await ask({ return_windows: false });
    for (const aggregation of ["mean", "max", "first"]) await ask({ stride: 0, aggregation, return_windows: true });
  });
}

Deno.test("tasks that answer tokens have nothing to aggregate, and multiple-choice takes no stride", async () => {
  for (const task of ["score", "fill-mask", "tagging"]) {
    await assert.rejects(() => TASKS[task]!.ask({ stride: 8, aggregation: "mean" }), {
      name: "TypeError",
      message: /there is no option "aggregation"/,
    });
  }
  const choose = createMultipleChoice({ model: kings({ num_labels: 1 }), tokenizer });
  await assert.rejects(() => choose("a", ["king"], { stride: 3 } as object), /there is no option "stride"/);
});

Deno.test("first computes the first window alone, unless all are shown", async () => {
  const { classify, model } = classifying();
  const text = "king ".repeat(500);
  const rows = () => model.calls.splice(0).reduce((sum, { input_ids }) => sum + input_ids.length, 0);
  await classify(text, { stride: 10, aggregation: "first" });
  assert.equal(rows(), 1);
  await classify(text, { stride: 10 });
  assert.equal(rows(), 6);
  const { windows } = await classify(text, { stride: 10, aggregation: "first", return_windows: true });
  assert.deepEqual([windows.length, rows()], [6, 6]);
});

Deno.test("truncation is ignored where there is a stride", async () => {
  const { classify } = classifying();
  const text = `${"a ".repeat(200)}king`;
  const options = { function_to_apply: "none", top_k: null, aggregation: "max" } as const;
  const cut = await classify(text, { truncation: true, function_to_apply: "none", top_k: null });
  const whole = await classify(text, { ...options, stride: 5 });
  assert.deepEqual(await classify(text, { ...options, stride: 5, truncation: true }), whole);
  assert.notDeepEqual(whole, cut);
});

Deno.test("labels are in the order of their scores, and where these are equal of their logits", async () => {
  // Of probabilities one window's large logit may count for less than several small ones.
  const model = new FakeClassifier({ num_labels: 2, problem_type: "multi_label_classification" }, (ids) => {
    return ids.includes(KING!) ? [90, 2] : [-1, 2];
  });
  const classify = createTextClassification({ model, tokenizer });
  const text = `king ${"a ".repeat(300)}`;
  const labels = await classify(text, { stride: 0, top_k: null });
  assert.deepEqual(labels.map(({ label }) => label), ["LABEL_1", "LABEL_0"]);
  const ties = new FakeClassifier({ num_labels: 3, problem_type: "multi_label_classification" }, () => [40, 50, 45]);
  const tied = await createTextClassification({ model: ties, tokenizer })(text, { stride: 0, top_k: null });
  assert.deepEqual(tied.map(({ label, score }) => [label, score]), [["LABEL_1", 1], ["LABEL_2", 1], ["LABEL_0", 1]]);
});

Deno.test("the windows of a pair say which of its texts was cut", async () => {
  const { classify, model } = classifying();
  const long = "king ".repeat(200).trim();
  const options = { stride: 8, return_windows: true } as const;
  const { windows } = await classify({ text: "a tree", text_pair: long }, options);
  assert(windows.every(({ of, text, start, end }) => of === "text_pair" && text === long.slice(start, end)));
  const head = tokenizer.encode("a tree");
  for (const ids of model.calls[0]!.input_ids) assert.deepEqual(ids.slice(0, head.length), head);
  const other = await classify([{ text: long, text_pair: "a tree" }, long, { text: long, text_pair: "" }], options);
  assert.deepEqual(other.map(({ windows }) => windows[0]!.of), ["text", undefined, undefined]);
});

Deno.test("a query that leaves windows no room is an error of that query alone, which names it", async () => {
  const { rank, model } = ranking();
  const query = "horse ".repeat(90).trim();
  const queries = [{ query: "a", texts: ["king ".repeat(300)] }, { query, texts: ["king ".repeat(300)] }];
  const [fine, error] = await rank(queries, { stride: 8, errors: "yield" });
  assert.equal((fine as unknown[]).length, 1);
  assert(error instanceof InputError);
  assert.equal(
    error.message,
    'Cannot rank the texts of query 2 of 2: its query ("horse horse horse horse horse horse hor…") is in every window, and ' +
      "leaves 3 of the model's 96 tokens to the other text, of which neighbours share 8; shorten it, or take a smaller stride",
  );
  const tooLong = "horse ".repeat(200);
  await assert.rejects(
    rank(tooLong, ["king"], { stride: 0 }),
    /its query \("horse .* leaves 0 of the model's 96 tokens/,
  );
  model.calls.length = 0;
  const [ranked] = await rank(query, ["king king king", "king ".repeat(300)].slice(0, 1), { stride: 8 });
  assert.deepEqual([ranked!.index, model.calls[0]!.input_ids.length], [0, 1]); // it fits beside the query
});

Deno.test("a ranking by windows: the best passage, their mean, or the first, with logits if they are asked for", async () => {
  const { rank } = ranking();
  const kings = (count: number) => "king ".repeat(count);
  // Windows hold 92 tokens: of the first text one has 40 kings, of the second all have 20, of the third the first has 30.
  const texts = [
    `${"a ".repeat(92)}${kings(40)}${"a ".repeat(52)}`,
    `${kings(20)}${"a ".repeat(72)}`.repeat(2),
    `${kings(30)}${"a ".repeat(154)}`,
  ];
  const order = async (aggregation?: Aggregation) => {
    const found = await rank("a", texts, { stride: 0, aggregation, raw_scores: true, return_logits: true });
    return found.map(({ index, score, logit }) => [index, score, logit]);
  };
  assert.deepEqual(await order(), [[0, 40, 40], [2, 30, 30], [1, 20, 20]]);
  assert.deepEqual(await order("max"), await order());
  assert.deepEqual(await order("mean"), [[0, 20, 20], [1, 20, 20], [2, 15, 15]]);
  assert.deepEqual(await order("first"), [[2, 30, 30], [1, 20, 20], [0, 0, 0]]);
  const [best] = await rank("a", texts, { stride: 0, return_windows: true, return_logits: true, top_k: 1 });
  assert.deepEqual(best!.windows!.map(({ logit, score }) => [logit, score > 0.5]), [[0, false], [40, true]]);
});

const numbers = ({ data }: Tensor) => Array.from(data as Float32Array);
const near = (found: number[], expected: ArrayLike<number>) => {
  assert.equal(found.length, expected.length);
  found.forEach((x, i) =>
    assert(Math.abs(x - expected[i]!) <= 1e-5 * Math.max(1, Math.abs(expected[i]!)), `${i}: ${x}`)
  );
};
const NORMALIZE = {
  kind: "Normalize",
  feature: "sentence_embedding" as const,
  inputs: null,
  outputs: null,
  apply: normalized,
};
const HALVES = {
  kind: "Dense",
  feature: "sentence_embedding" as const,
  inputs: WIDTH,
  outputs: WIDTH / 2,
  apply: (x: Float64Array) => Float64Array.from({ length: WIDTH / 2 }, (_, i) => x[2 * i]! ** 2 - x[2 * i + 1]!),
};
const WORDS = "king person horse tree queen river bird animal";
const TEXT = `${WORDS} `.repeat(40).trim();

Deno.test("a prompt is in every window, and places are those of the caller's text", async () => {
  const { embed, model } = embedding({
    modes: ["mean"],
    maximum: 20,
    prompts: { query: "a large " },
    defaultPrompt: "query",
  });
  const { windows } = await embed(TEXT, { stride: 4, return_windows: true });
  const prompt = tokenizer.encode("a large", { add_special_tokens: false });
  const rows = model.calls.flatMap(({ input_ids }) => input_ids);
  assert(rows.length > 20 && rows.every((ids) => ids.slice(1, 3).join() === prompt.join()));
  assert(windows.every(({ start, end, text }) => TEXT.slice(start, end) === text));
  assert.deepEqual([windows[0]!.start, windows.at(-1)!.end], [0, TEXT.length]);
  // Each window has the embedding of a text of its own.
  const alone = await embed(windows.map(({ text }) => text));
  windows.forEach(({ embedding }, w) => near(numbers(embedding), numbers(alone[w]!)));
  await assert.rejects(
    embed(TEXT, { stride: 16 }),
    /stride must be a whole number from 0 to 15, as a window takes 16 tokens of a text, got 16/,
  );
  await assert.rejects(
    embed(TEXT, { stride: 0, prompt: "a large ".repeat(20) }),
    new RangeError("Cannot embed texts by windows: the prompt is in each, and leaves no token of it to the text"),
  );
});

Deno.test("a prompt that is left out of the pooling is left out in every window", async () => {
  const prompted = { prompts: { query: "a large " }, defaultPrompt: "query", maximum: 20, includePrompt: false };
  const { embed } = embedding({ modes: ["cls"], ...prompted });
  const { windows } = await embed(TEXT, { stride: 0, return_windows: true });
  for (const { text, embedding } of windows) {
    const [first] = tokenizer.encode(text, { add_special_tokens: false });
    near(numbers(embedding), state(first!, 3)); // behind [CLS] and the prompt
  }
});

Deno.test("windows are joined behind the model's modules, and have length 1 again if those end so", async () => {
  const modes = ["mean"] as const;
  const parts = { modes, maximum: 20 };
  const plain = embedding({ ...parts, modules: [HALVES] });
  const alone = async (sentence: Partial<SentenceConfig>, options: object = {}) => {
    const { embed } = embedding({ ...parts, ...sentence });
    const { embedding: whole, windows } = await embed(TEXT, { stride: 4, return_windows: true, ...options });
    return { whole: numbers(whole), rows: windows.map(({ embedding }) => numbers(embedding)) };
  };
  const unit = (row: number[]) => row.map((x) => x / Math.hypot(...row));
  const halves = await alone({ modules: [HALVES] });
  near(halves.whole, mean(halves.rows));
  near(halves.whole, numbers(await plain.embed(TEXT, { stride: 4 })));
  const normal = await alone({ modules: [HALVES, NORMALIZE] });
  near(normal.whole, unit(mean(halves.rows.map(unit))));
  const dropout = { ...NORMALIZE, kind: "Dropout", apply: (x: Float64Array) => x };
  near((await alone({ modules: [HALVES, NORMALIZE, dropout] })).whole, normal.whole);
  // The first dimensions of an embedding are those of the whole one, unless they are scaled.
  const cut = await alone({ modules: [HALVES, NORMALIZE] }, { dimensions: 3 });
  near(cut.whole, normal.whole.slice(0, 3));
  const scaled = await alone({ modules: [HALVES, NORMALIZE] }, { dimensions: 3, normalize: true });
  near(scaled.whole, unit(mean(normal.rows.map((row) => unit(row.slice(0, 3))))));
  const raw = await alone({ modules: [HALVES, NORMALIZE] }, { normalize: false });
  near(raw.whole, halves.whole);
  const before = await alone({ modules: [NORMALIZE, HALVES] });
  near(before.whole, mean(before.rows));
  const largest = await alone({ modules: [NORMALIZE, HALVES] }, { aggregation: "max" });
  near(largest.whole, before.rows[0]!.map((_, i) => Math.max(...before.rows.map((row) => row[i]!))));
  const first = await alone({ modules: [HALVES, NORMALIZE] }, { aggregation: "first" });
  assert.deepEqual(first.whole, first.rows[0]);
});

Deno.test("without pooling a prompt's states are given once, and there is nothing to join", async () => {
  const { embed } = embedding({ maximum: 20 });
  const options = { pooling: "none", prompt: "a large " } as const;
  const { dims, data } = await embed(TEXT, { ...options, stride: 6 });
  const whole = tokenizer.encode(`a large ${TEXT}`);
  assert.deepEqual(dims, [1, whole.length, WIDTH]);
  // A state is a multiple of the token's id, less its place in its window.
  whole.forEach((id, i) => {
    const place = Number(data[i * WIDTH + 7]) * -1;
    near(numbers({ data: data.slice(i * WIDTH, (i + 1) * WIDTH) } as Tensor), state(id, place));
    assert(place >= 0 && place < 20);
  });
  for (
    const [wrong, name] of [[{ aggregation: "mean" }, "aggregation"], [{ return_windows: true }, "return_windows"]]
  ) {
    await assert.rejects(() => embed(TEXT, { ...options, stride: 6, ...wrong as object }), {
      name: "RangeError",
      message: `Cannot embed texts: ${name} is about one embedding a window, and without pooling each token has one; ` +
        "choose a pooling",
    });
  }
});

Deno.test("windows in fewer bits take the ranges of their texts", async () => {
  const { embed } = embedding({ modes: ["mean"], maximum: 20 });
  const texts = [TEXT, "king horse", WORDS];
  const options = { stride: 4, precision: "int8", return_windows: true } as const;
  const shown = await embed(texts, options);
  const plain = await embed(texts, { stride: 4, precision: "int8" });
  shown.forEach(({ embedding, windows }, i) => {
    assert.deepEqual(embedding, plain[i]);
    assert(windows.every((window) => window.embedding.type === "int8"));
  });
});

Deno.test("equal texts of a list have equal answers, and texts that cannot be read have errors in their places", async () => {
  const { classify } = classifying();
  const long = `${"a ".repeat(150)}king`;
  const found = await classify([long, "king", long], { stride: 9, return_windows: true });
  assert.deepEqual(found[0], found[2]);
  const mixed = await classify([long, null as unknown as string, "king"], { stride: 9, errors: "yield" });
  assert.deepEqual(mixed.map((one) => one instanceof Error), [false, true, false]);
});
