import assert from "node:assert/strict";
import { InputError } from "../../src/base/errors.ts";
import { createTextClassification } from "../../src/pipelines/tasks/text_classification.ts";
import { FakeClassifier, shippedTokenizer } from "./fakes.ts";

const tokenizer = await shippedTokenizer();
const THREE = { id2label: { 0: "low", 1: "high", 2: "middle" } };

/** A pipeline over a classifier whose logits are 0, the number of tokens, and 1. */
function counting(config: Record<string, unknown> = THREE) {
  const model = new FakeClassifier(config, (ids) => [0, ids.filter((id) => id !== 0).length, 1]);
  return { model, classify: createTextClassification({ model, tokenizer }) };
}

Deno.test("one text gives its best label in a list", async () => {
  const [best, ...others] = await counting().classify("person");
  assert.equal(best?.label, "high");
  assert(Math.abs(best.score - Math.exp(3) / (1 + Math.exp(3) + Math.exp(1))) < 1e-7);
  assert.deepEqual(others, []);
});

Deno.test("top_k gives that many labels, best first, and null gives all", async () => {
  const { classify } = counting();
  assert.deepEqual((await classify("person", { top_k: 2 })).map(({ label }) => label), ["high", "middle"]);
  assert.deepEqual((await classify("person", { top_k: null })).map(({ label }) => label), ["high", "middle", "low"]);
  assert.equal((await classify("person", { top_k: 9 })).length, 3);
});

Deno.test("a list gives a flat list where top_k is 1, else a list of lists", async () => {
  const { classify } = counting();
  const flat = await classify(["person", "person person"]);
  assert.deepEqual(flat.map(({ label }) => label), ["high", "high"]);
  assert(flat[0]!.score < flat[1]!.score);
  const nested = await classify(["person", "tree"], { top_k: null });
  assert.deepEqual(nested.map((labels) => labels.length), [3, 3]);
  assert.deepEqual(await classify([]), []);
  assert.deepEqual(await classify([], { top_k: null }), []);
});

Deno.test("a list runs as one batch, padded under the attention mask", async () => {
  const { classify, model } = counting();
  await classify(["person", "person horse"]);
  assert.equal(model.calls.length, 1);
  assert.deepEqual(model.calls[0]!.input_ids, [[2, 340, 1484, 3], [2, 340, 3, 0]]); // longest first
  assert.deepEqual(model.calls[0]!.attention_mask, [[1, 1, 1, 1], [1, 1, 1, 0]]);
});

Deno.test("a long list runs in batches of bounded size and keeps its order", async () => {
  const { classify, model } = counting();
  const texts = Array.from({ length: 300 }, (_, i) => "person ".repeat(1 + i % 90));
  const results = await classify(texts);
  assert(model.calls.length > 1);
  assert.equal(results.length, 300);
  const singly = await Promise.all([0, 17, 299].map((i) => classify(texts[i]!)));
  assert.deepEqual([results[0], results[17], results[299]], singly.flat());
});

Deno.test("a stream of many short texts takes few calls of the model", async () => {
  const { classify, model } = counting();
  let texts = 0;
  for await (const { label } of classify.stream(Array.from({ length: 5000 }, (_, i) => "person ".repeat(1 + i % 8)))) {
    assert.equal(label, "high");
    texts++;
  }
  assert.equal(texts, 5000);
  assert(model.calls.length <= texts / 100, `${model.calls.length} calls`);
});

Deno.test("a pair of texts is read together", async () => {
  const { classify, model } = counting();
  await classify({ text: "person", text_pair: "horse" });
  assert.deepEqual(model.calls[0]!.input_ids, [[2, 340, 3, 1484, 3]]);
});

Deno.test("an empty text_pair, or null, is none, as in Python", async () => {
  const { classify, model } = counting();
  await classify([
    { text: "person", text_pair: "" },
    { text: "person", text_pair: null },
    { text: "person" },
    "person",
  ]);
  assert.deepEqual(model.calls[0]!.input_ids, Array(4).fill([2, 340, 3]));
});

Deno.test("problem type and number of labels choose the function, function_to_apply overrides it", async () => {
  const scored = async (config: Record<string, unknown>, logits: number[], function_to_apply?: "none" | "softmax") => {
    const classify = createTextClassification({ model: new FakeClassifier(config, () => logits), tokenizer });
    return (await classify("person", { function_to_apply, top_k: null })).map(({ score }) => score);
  };
  assert.deepEqual(await scored({ num_labels: 1 }, [0]), [0.5]);
  assert.deepEqual(await scored({ num_labels: 1, problem_type: "regression" }, [7]), [7]);
  assert.deepEqual(await scored({ problem_type: "multi_label_classification" }, [0, 0]), [0.5, 0.5]);
  assert.deepEqual(await scored({ problem_type: "single_label_classification" }, [4, 4]), [0.5, 0.5]);
  assert.deepEqual(await scored({}, [3, 2], "none"), [3, 2]);
  assert.deepEqual(await scored({ num_labels: 1 }, [5], "softmax"), [1]);
});

Deno.test("texts that cannot be classified are refused by name before the model runs", async () => {
  const { classify, model } = counting();
  const long = "person ".repeat(100);
  const cases: [input: string | string[], message: string][] = [
    [
      ["person", long, "tree"],
      'Cannot classify text 2 of 3: the model takes 96 tokens, got 102 ("person person person person person pers…"); ' +
      "shorten it, or ask for truncation",
    ],
  ];
  for (const [input, message] of cases) {
    await assert.rejects(() => classify(input as string), new InputError(message));
  }
  const wrong: [input: unknown, message: string][] = [
    [7, "it must be a string or { text, text_pair }, got a number"],
    [null, "it must be a string or { text, text_pair }, got null"],
    [{ text: 1 }, "its text must be a string, got a number"],
    [{ text: "a", text_pair: 3 }, "its text_pair must be a string, got a number"],
    [{ text: "a", text_pair: ["b"] }, "its text_pair must be a string, got an array"],
  ];
  for (const [input, message] of wrong) {
    await assert.rejects(() => classify(input as string), new TypeError(`Cannot classify the text: ${message}`));
  }
  const unknown = "softmin" as "softmax";
  await assert.rejects(
    () => classify("person", { function_to_apply: unknown }),
    new RangeError(
      'Cannot classify texts: function_to_apply must be one of softmax, sigmoid, none, got "softmin"',
    ),
  );
  for (const top_k of [0, -1, 1.5, NaN]) {
    const message = `Cannot classify texts: top_k must be null or a whole number from 1, got ${top_k}`;
    await assert.rejects(() => classify("person", { top_k }), new RangeError(message));
  }
  assert.equal(model.calls.length, 0);
});

Deno.test("truncation cuts a long text to what the model takes", async () => {
  const { classify, model } = counting();
  await classify("person ".repeat(100), { truncation: true });
  assert.equal(model.calls[0]!.input_ids[0]!.length, 96);
});

Deno.test("a stream gives what a list gives: labels where top_k is 1, else lists", async () => {
  const { classify } = counting();
  const texts = ["person", "person person", "person ".repeat(95)];
  const labels = await Array.fromAsync(classify.stream(texts, { errors: "yield" }));
  assert.deepEqual(labels.map((answer) => "label" in answer ? answer.label : answer.message), [
    "high",
    "high",
    'Cannot classify text 3: the model takes 96 tokens, got 97 ("person person person person person pers…"); shorten it, ' +
    "or ask for truncation",
  ]);
  const lists = await Array.fromAsync(classify.stream(texts.slice(0, 2), { top_k: 2 }));
  assert.deepEqual(lists, await classify(texts.slice(0, 2), { top_k: 2 }));
});

Deno.test("using disposes of the model", () => {
  const { model, classify } = counting();
  {
    using owned = classify;
    assert.equal(owned.model, model);
  }
  assert.equal(model.disposed, true);
});

Deno.test("labels are in the order of their logits where all scores are 1", async () => {
  const model = new FakeClassifier({ problem_type: "multi_label_classification", num_labels: 3 }, () => [40, 50, 45]);
  const classify = createTextClassification({ model, tokenizer });
  assert.deepEqual(
    (await classify("a horse", { top_k: null })).map(({ label, score }) => [label, score]),
    [["LABEL_1", 1], ["LABEL_2", 1], ["LABEL_0", 1]],
  );
});

Deno.test("a text that the model does not know is an error of that text alone", async () => {
  const model = new FakeClassifier({ vocab_size: 1000, type_vocab_size: 1, num_labels: 2 }, () => [1, 2]);
  const classify = createTextClassification({ model, tokenizer }); // "horse" is token 1484, "person" 340
  const token =
    "its token 3 has the id 1484, and the model knows 1000 tokens: the tokenizer is of another model, or has " +
    "words that the model did not learn";
  const pair = "it has a second text, and the model knows 1 token type: it reads one text at a time";
  const inputs = ["person", "person horse", { text: "person", text_pair: "person" }, "person"];
  const found = await Array.fromAsync(classify.stream(inputs, { errors: "yield" }));
  assert.deepEqual(found.map((one) => one instanceof Error ? one.message : one.label), [
    "LABEL_1",
    `Cannot classify text 2: ${token}`,
    `Cannot classify text 3: ${pair}`,
    "LABEL_1",
  ]);
  await assert.rejects(classify(inputs), new InputError(`Cannot classify text 2 of 4: ${token}`));
});

Deno.test("an empty text has the labels of its special tokens, as in Python", async () => {
  const { classify, model } = counting();
  await classify(["", " \t", { text: "", text_pair: "" }]);
  assert.deepEqual(model.calls[0]!.input_ids, [[2, 3], [2, 3], [2, 3]]);
});
