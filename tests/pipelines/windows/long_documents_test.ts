/** Long documents by the shipped models: their answers are those of windows that the test cuts and joins itself. */

import assert from "node:assert/strict";
import { pipeline, type Tensor } from "../../../mod.ts";
import { softmax } from "../../../src/base/softmax.ts";
import type { BertTokenizer } from "../../../src/text/bert_tokenizer.ts";
import { smallModel } from "../../cli/folders.ts";
import { longText } from "./long_texts.ts";

const NEAR = 1e-5;
const STRIDE = 24;
/** A document of 2,000 words. */
const DOCUMENT = longText(2000);

/** The document's windows, as the tokenizer cuts them. */
function cut(tokenizer: BertTokenizer, text = DOCUMENT, stride = STRIDE) {
  const options = { truncation: true, max_length: 96, stride, return_overflowing_tokens: true } as const;
  const { overflowing = [], ...first } = tokenizer.encode_plus(text, { ...options, return_offsets_mapping: true });
  return [first, ...overflowing];
}

/** How rows become one, number by number. */
const JOINED = {
  mean: (rows: number[][]) => rows[0]!.map((_, i) => rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length),
  max: (rows: number[][]) => rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!))),
  first: (rows: number[][]) => rows[0]!,
};
const AGGREGATIONS = ["mean", "max", "first"] as const;

function assertNear(found: ArrayLike<number>, expected: ArrayLike<number>, name = ""): void {
  assert.equal(found.length, expected.length, name);
  for (let i = 0; i < expected.length; i++) {
    assert(Math.abs(found[i]! - expected[i]!) <= NEAR, `${name}[${i}]: ${found[i]}, not ${expected[i]}`);
  }
}

const numbers = ({ data }: Tensor) => Array.from(data as Float32Array);

Deno.test("a document of 2,000 words has the labels of windows that are cut and joined by hand", async () => {
  using classify = await pipeline("text-classification");
  const { id2label } = classify.model.config;
  const windows = cut(classify.tokenizer);
  assert(windows.length > 30);
  const logits: number[][] = [];
  for (const { input_ids } of windows) {
    logits.push(numbers((await classify.model.forward({ input_ids: [input_ids] })).logits));
  }
  for (const function_to_apply of ["softmax", "sigmoid", "none"] as const) {
    const apply = {
      softmax: (row: number[]) => softmax(row),
      sigmoid: (row: number[]) => row.map((x) => 1 / (1 + Math.exp(-x))),
      none: (row: number[]) => row,
    }[function_to_apply];
    for (const aggregation of AGGREGATIONS) {
      const options = { stride: STRIDE, aggregation, function_to_apply, top_k: null };
      const labels = await classify(DOCUMENT, options);
      const scores = new Map(labels.map(({ label, score }) => [label, score]));
      const found = Object.values(id2label).map((label) => scores.get(label)!);
      assertNear(found, JOINED[aggregation](logits.map(apply)), `${function_to_apply} ${aggregation}`);
      labels.slice(1).forEach(({ score }, i) => assert(score <= labels[i]!.score));
      if (function_to_apply !== "softmax") continue;
      const shown = await classify(DOCUMENT, { ...options, return_windows: true });
      assertNear(shown.labels.map(({ score }) => score), labels.map(({ score }) => score));
      assert.deepEqual(
        shown.windows.map(({ start, end, text }) => [start, end, text]),
        windows.map(({ offset_mapping }) => {
          const [start, end] = [offset_mapping![1]![0], offset_mapping!.at(-2)![1]];
          return [start, end, DOCUMENT.slice(start, end)];
        }),
      );
      shown.windows.forEach(({ labels }, w) => {
        const expected = apply(logits[w]!);
        assertNear(labels.map(({ score }) => score), expected.toSorted((a, b) => b - a), `window ${w}`);
      });
    }
  }
  const [best, ...others] = await classify(DOCUMENT, { stride: STRIDE });
  assert.deepEqual(others, []);
  assertNear([best!.score], [Math.max(...JOINED.mean(logits.map((row) => softmax(row))))]);
  assert.deepEqual(
    await classify(DOCUMENT, { stride: STRIDE, aggregation: "first", top_k: 3 }),
    await classify(DOCUMENT, { truncation: true, top_k: 3 }),
  );
});

Deno.test("a document has the embedding of windows that are cut and joined by hand, of length 1 if theirs are", async () => {
  using embed = await pipeline("feature-extraction", "examples/models/wordnet/mlm");
  const windows = cut(embed.tokenizer);
  const rows = async (pooling: "mean" | "max") => {
    const readout = pooling === "mean" ? { mean_state: {} } : { pooled_state: { poolings: ["max" as const] } };
    const answers = await embed.model.trunk.answer(windows.map((tokens) => ({ tokens, ask: readout })));
    return answers.map((answer) => Array.from((answer.mean_state ?? answer.pooled_state)!.values));
  };
  const unit = (row: number[]) => row.map((x) => x / Math.hypot(...row));
  for (const pooling of ["mean", "max"] as const) {
    const vectors = await rows(pooling);
    for (const aggregation of pooling === "max" ? ["mean" as const] : AGGREGATIONS) {
      const options = { pooling, stride: STRIDE, aggregation } as const;
      assertNear(numbers(await embed(DOCUMENT, options)), JOINED[aggregation](vectors));
      const found = numbers(await embed(DOCUMENT, { ...options, normalize: true, dimensions: 32 }));
      assertNear(found, unit(JOINED[aggregation](vectors.map((row) => unit(row.slice(0, 32))))));
    }
    const shown = await embed(DOCUMENT, { pooling, stride: STRIDE, return_windows: true });
    assertNear(numbers(shown.embedding), JOINED.mean(vectors));
    shown.windows.forEach(({ embedding }, w) => assertNear(numbers(embedding), vectors[w]!));
    assert.deepEqual(
      shown.windows.map(({ start }) => start),
      windows.map(({ offset_mapping }) => offset_mapping![1]![0]),
    );
    const bits = await embed(DOCUMENT, { pooling, stride: STRIDE, precision: "ubinary", return_windows: true });
    assert.deepEqual([bits.embedding.type, bits.windows[3]!.embedding.dims], ["uint8", [1, 16]]);
  }
});

Deno.test("without pooling each token of a document has its state once, from a window with both its neighbours", async () => {
  using embed = await pipeline("feature-extraction", "examples/models/wordnet/mlm");
  const text = longText(150, 7);
  const { input_ids } = embed.tokenizer.encode_plus(text);
  const states = await embed(text, { pooling: "none", stride: 30 });
  assert.deepEqual(states.dims, [1, input_ids.length, 128]);
  const windows = cut(embed.tokenizer, text, 30);
  const answers = await embed.model.trunk.answer(windows.map((tokens) => ({ tokens, ask: { states: {} } })));
  for (let token = 0; token < input_ids.length; token++) {
    const own = numbers(states).slice(token * 128, (token + 1) * 128);
    const isOfOne = windows.some((window, w) => {
      const at = token - w * (94 - 30);
      if (at < 0 || at >= window.input_ids.length || window.input_ids[at] !== input_ids[token]) return false;
      const isEdge = (at < 5 && w > 0) || (at >= 90 && w < windows.length - 1); // where less context is
      const values = answers[w]!.states!.values;
      return !isEdge && own.every((x, i) => Math.abs(x - values[at * 128 + i]!) <= NEAR);
    });
    assert(isOfOne, `token ${token} of ${input_ids.length}`);
  }
});

Deno.test("a text that fits has the answer that it has without a stride, bit by bit", async () => {
  const texts = ["a large animal with a long trunk", "king ".repeat(94).trim(), ""];
  using classify = await pipeline("text-classification");
  using embed = await pipeline("feature-extraction", "examples/models/wordnet/mlm");
  for (const aggregation of AGGREGATIONS) {
    const long = { stride: 10, aggregation };
    assert.deepEqual(await classify(texts, { ...long, top_k: null }), await classify(texts, { top_k: null }));
    const options = { pooling: "mean", normalize: true } as const;
    assert.deepEqual(await embed(texts, { ...options, ...long }), await embed(texts, options));
  }
  assert.deepEqual(await embed(texts, { stride: 10, pooling: "none" }), await embed(texts, { pooling: "none" }));
  await assert.rejects(classify("king ".repeat(95)), /the model takes 96 tokens, got 97/);
  const { windows } = await classify("king ".repeat(95), { stride: 10, return_windows: true });
  assert.deepEqual(windows.map(({ start, end }) => [start, end]), [[0, 469], [420, 474]]);
});

Deno.test("score and fill-mask answer each token of a long text by a window with more of its context", async () => {
  using score = await pipeline("score");
  const text = longText(120, 3);
  const found = await score(text, { stride: 40 });
  const whole = score.tokenizer.encode_plus(text);
  assert.deepEqual(
    found.tokens.map(({ index, token }) => [index, token]),
    whole.input_ids.map((id, index) => [index, id]).slice(1, -1),
  );
  const windows = cut(score.tokenizer, text, 40);
  for (const { index, token, score: own } of found.tokens.filter((_, i) => i % 20 === 0)) {
    const scores = await Promise.all(windows.map(async ({ input_ids, ...window }, w) => {
      const at = index - w * 54;
      if (at < 1 || at > input_ids.length - 2) return NaN;
      const masked = { ...window, input_ids: input_ids.with(at, score.tokenizer.mask_token_id!) };
      const ask = { word_probabilities: { positions: [at], words: [token] } };
      const [answer] = await score.model.trunk.answer([{ tokens: masked, ask }]);
      return answer!.word_probabilities!.values[0]!;
    }));
    assert(scores.some((one) => Math.abs(one - own) <= NEAR), `${index}: ${own}, not one of ${scores}`);
  }
  using fill = await pipeline("fill-mask", score);
  const masked = `the [MASK] of a king. ${longText(100, 5)}. the [MASK] of a large animal.`;
  const answers = await fill(masked, { stride: 20, per_mask: true, top_k: 2 });
  assert.deepEqual(answers.map(({ length }) => length), [2, 2]);
  const [alone] = await fill(masked, { truncation: true, per_mask: true, top_k: 2 }).catch((error) => [error]);
  assert.match(alone.message, /truncation cuts off mask 2 of 2/);
  for (const [{ token_str, sequence }] of answers as [typeof answers[0][0]][]) {
    assert(sequence.includes(token_str) && sequence.includes("[MASK]"));
    assert(sequence.startsWith("[CLS]") === false && sequence.endsWith("animal."));
  }
  await assert.rejects(fill(masked, { stride: 94 }), /stride must be a whole number from 0 to 93/);
});

Deno.test("a document in a list, a stream, a batched pipeline and a Worker has the answer that it has alone", async () => {
  const options = { stride: STRIDE, return_windows: true, top_k: 2 } as const;
  const long = longText(400, 4);
  const texts = [long, "a small bird", longText(100, 2), long, longText(100, 2)];
  const near = (found: unknown, expected: unknown, path = "answer"): void => {
    if (typeof expected === "number") {
      assert(Math.abs(Number(found) - expected) <= NEAR, `${path}: ${found}, ${expected}`);
    } else if (typeof expected !== "object" || expected === null) assert.equal(found, expected, path);
    else {
      assert.deepEqual(Object.keys(found as object), Object.keys(expected), path);
      for (const [key, value] of Object.entries(expected)) near((found as Record<string, unknown>)[key], value, key);
    }
  };
  using classify = await pipeline("text-classification");
  const alone = await Promise.all(texts.map((text) => classify(text, options)));
  near(await classify(texts, options), alone);
  near(await Array.fromAsync(classify.stream(texts, { ...options, window: 2 })), alone);
  using shared = classify.batched({ maxBatch: 8, maxQueue: 16 });
  near(await shared(texts, options), alone);
  const mixed = [texts[1]!, 7 as unknown as string, texts[2]!];
  const [first, wrong, last] = await classify(mixed, { ...options, errors: "yield" });
  near([first, last], [alone[1], alone[2]]);
  assert(wrong instanceof TypeError && /text 2 of 3/.test(wrong.message));
  let done = 0;
  await classify(texts, { stride: STRIDE, progress_callback: (progress) => void (done = progress.done) });
  assert.equal(done, texts.length);
  await assert.rejects(classify(texts, { stride: STRIDE, signal: AbortSignal.abort(new Error("enough")) }), /enough/);
  using elsewhere = await pipeline("text-classification", undefined, { worker: true });
  near(await elsewhere(texts, options), alone);
});

Deno.test("the passages of a text are ranked with the whole query, the best of them for the text", async () => {
  await using model = await smallModel("one-label");
  using rank = await pipeline("text-ranking", model.path);
  const query = "the largest cat";
  const texts = [longText(400, 11), "the tiger", longText(200, 12)];
  const maximum = rank.model.config.max_position_embeddings;
  const scores = async (text: string) => {
    const options = { text_pair: text, truncation: "only_second", max_length: maximum, stride: 8 } as const;
    const { overflowing = [], ...first } = rank.tokenizer.encode_plus(query, {
      ...options,
      return_overflowing_tokens: true,
    });
    const logits: number[][] = [];
    for (const { input_ids, token_type_ids } of [first, ...overflowing]) {
      logits.push(
        numbers((await rank.model.forward({ input_ids: [input_ids], token_type_ids: [token_type_ids] })).logits),
      );
    }
    return logits;
  };
  const expected = await Promise.all(texts.map(scores));
  assert(expected[0]!.length > 3);
  for (const aggregation of [undefined, ...AGGREGATIONS]) {
    const options = { stride: 8, aggregation, raw_scores: true };
    const ranked = await rank(query, texts, { ...options, return_windows: true, return_text: true });
    const joined = expected.map((rows) => JOINED[aggregation ?? "max"](rows)[0]!);
    assertNear(ranked.map(({ score }) => score), joined.toSorted((a, b) => b - a), aggregation);
    for (const { index, score, text, windows } of ranked) {
      assertNear([score], [joined[index]!]);
      assert.equal(text, texts[index]);
      assertNear(windows!.map((window) => window.score), expected[index]!.flat());
      assert.deepEqual(windows!.map(({ of }) => of), windows!.map(() => "text_pair"));
    }
    const [best] = await rank(query, texts, { ...options, top_k: 1 });
    assert.deepEqual(Object.keys(best!), ["index", "score"]);
    assert.equal(best!.index, ranked[0]!.index);
  }
  const streamed = await Array.fromAsync(rank.stream([{ query, texts }], { stride: 8 }));
  assert.deepEqual(streamed, [await rank(query, texts, { stride: 8 })]);
});

Deno.test("one's own labels of a document are those of its windows, which all labels share", async () => {
  await using model = await smallModel("nli");
  using sort = await pipeline("zero-shot-classification", model.path);
  const maximum = sort.model.config.max_position_embeddings;
  const text = longText(300, 21);
  const labels = ["a bird", "a large wild animal that is a tree", "king"];
  const options = { stride: 6, hypothesis_template: "{}" };
  const lengths = labels.map((label) => sort.tokenizer.encode(label).length - 2);
  const entailment = Object.values(sort.model.config.id2label).findIndex((label) => /^entail/i.test(label));
  const logits = await Promise.all(labels.map(async (text_pair, i) => {
    const max_length = maximum - Math.max(...lengths) + lengths[i]!;
    const options = {
      text_pair,
      truncation: "only_first",
      max_length,
      stride: 6,
      return_overflowing_tokens: true,
    } as const;
    const { overflowing = [], ...first } = sort.tokenizer.encode_plus(text, options);
    const found: number[] = [];
    for (const { input_ids, token_type_ids } of [first, ...overflowing]) {
      const { logits } = await sort.model.forward({ input_ids: [input_ids], token_type_ids: [token_type_ids] });
      found.push(numbers(logits)[entailment]!);
    }
    return found;
  }));
  const { windows } = await sort(text, labels, { ...options, return_windows: true });
  assert(windows!.length > 3);
  for (const [w, { of, labels: found, scores }] of windows!.entries()) {
    assert.equal(of, "text");
    const expected = softmax(logits.map((row) => row[w]!));
    assertNear(scores, found.map((label) => expected[labels.indexOf(label)]!), `window ${w}`);
  }
  for (const aggregation of AGGREGATIONS) {
    for (const multi_label of [false, true]) {
      const one = await sort(text, labels, { ...options, aggregation, multi_label, return_windows: true });
      const scoreOf = ({ labels, scores }: { labels: string[]; scores: number[] }, label: string) =>
        scores[labels.indexOf(label)]!;
      for (const label of labels) {
        const expected = JOINED[aggregation](one.windows!.map((window) => [scoreOf(window, label)]))[0]!;
        assertNear([scoreOf(one, label)], [expected], `${aggregation} ${label}`);
      }
      one.scores.slice(1).forEach((score, i) => assert(score <= one.scores[i]!));
      if (!multi_label && aggregation === "mean") assertNear([one.scores.reduce((a, b) => a + b)], [1]);
    }
  }
  const short = "a bird in a tree";
  assert.deepEqual(await sort(short, labels, options), await sort(short, labels, { hypothesis_template: "{}" }));
});
