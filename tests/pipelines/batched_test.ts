/** `pipeline.batched`: calls of many callers are answered together, as each would be alone. */

import assert from "node:assert/strict";
import { pipeline, type Tensor } from "../../mod.ts";
import { createTextClassification } from "../../src/pipelines/tasks/text_classification.ts";
import { filesOf, GOLDEN } from "../golden/sentence/sentence_case.ts";
import { FakeClassifier, shippedTokenizer } from "./fakes.ts";

const TEXTS = ["a large animal with a long trunk", "king", "the wife of a king", "to go by air", "a small tool"];
const NEAR = 1e-5;

/** Compares answers whose numbers may differ by {@linkcode NEAR}. */
function assertNear(found: unknown, expected: unknown, path = "answer"): void {
  if (typeof expected === "number") {
    assert(
      Math.abs(Number(found) - expected) <= NEAR * Math.max(1, Math.abs(expected)),
      `${path}: ${found}, ${expected}`,
    );
  } else if (typeof expected === "object" && expected !== null) {
    assert.deepEqual(Object.keys(found as object), Object.keys(expected), path);
    for (const [key, value] of Object.entries(expected)) {
      assertNear((found as Record<string, unknown>)[key], value, `${path}.${key}`);
    }
  } else assert.deepEqual(found, expected, path);
}

const listed = (tensors: readonly Tensor[]) => tensors.map((tensor) => tensor.tolist());

Deno.test("calls of each task at once have the answers that they have alone", async () => {
  using classify = await pipeline("text-classification");
  using classifying = classify.batched();
  const all = await Promise.all(TEXTS.map((text) => classifying(text, { top_k: 3 })));
  assertNear(all, await Promise.all(TEXTS.map((text) => classify(text, { top_k: 3 }))));
  assertNear(await classifying(TEXTS), await classify(TEXTS));
  assertNear(await Array.fromAsync(classifying.stream(TEXTS)), await classify(TEXTS));

  using fill = await pipeline("fill-mask");
  using filling = fill.batched({ maxBatch: 2 });
  const masked = TEXTS.map((text) => `${text} of [MASK]`);
  assertNear(await Promise.all(masked.map((text) => filling(text))), await fill(masked));
  using score = await pipeline("score", fill);
  using scoring = score.batched();
  assertNear(await Promise.all(TEXTS.map((text) => scoring(text))), await score(TEXTS));
  using embed = await pipeline("feature-extraction", fill);
  using embedding = embed.batched();
  const pooled = { pooling: "mean" } as const;
  assertNear(
    listed(await Promise.all(TEXTS.map((text) => embedding(text, pooled)))),
    listed(await embed(TEXTS, pooled)),
  );
  using tag = await pipeline("token-classification");
  using tagging = tag.batched();
  assertNear(await Promise.all(TEXTS.map((text) => tagging(text))), await tag(TEXTS));
  using ask = await pipeline("multiple-choice");
  using asking = ask.batched();
  const choices = ["a long nose", "a king"];
  assertNear(
    await Promise.all(TEXTS.map((text) => asking(text, choices))),
    await Promise.all(TEXTS.map((text) => ask(text, choices))),
  );
  const [ranker] = Object.values(GOLDEN.rankers);
  using rank = await pipeline("text-ranking", filesOf(ranker!.files));
  using ranking = rank.batched();
  assertNear(
    await Promise.all([1, 2].map(() => ranking(GOLDEN.query, GOLDEN.texts))),
    await Promise.all([1, 2].map(() => rank(GOLDEN.query, GOLDEN.texts))),
  );
  const files = Object.values(GOLDEN.folders).find(({ prompts }) => prompts["query"])!.files;
  using prompting = await pipeline("feature-extraction", filesOf(files));
  using prompted = prompting.batched();
  assert.deepEqual([prompted.prompts, prompted.default_prompt_name], [
    prompting.prompts,
    prompting.default_prompt_name,
  ]);
  const query = { prompt_name: "query", truncation: true };
  assertNear(listed([await prompted("the cat", query)]), listed([await prompting("the cat", query)]));
});

Deno.test("the weights stay until the pipeline and the batched one are both disposed of", async () => {
  const tokenizer = await shippedTokenizer();
  for (const order of ["pipeline first", "batched first"]) {
    const model = new FakeClassifier({}, () => [0, 1]);
    const classify = createTextClassification({ model, tokenizer });
    const batched = classify.batched();
    const [first, last] = order === "pipeline first" ? [classify, batched] : [batched, classify];
    first.dispose();
    await assert.rejects(() => first("king"), /it was disposed/);
    assert.equal((await last("king"))[0]!.label, "LABEL_1", order);
    assert.equal(model.disposed, false, order);
    const answer = last("queen");
    last.dispose();
    await answer;
    assert.equal(model.disposed, true, order);
    assert.throws(() => classify.batched(), /it was disposed/);
  }
});

Deno.test("a text that does not fit, or whose caller aborts, leaves the others as they are", async () => {
  using classify = await pipeline("text-classification");
  using batched = classify.batched();
  const gone = new AbortController();
  const answers = Promise.allSettled([
    batched("king"),
    batched("person ".repeat(500)),
    batched("a small tool", { signal: gone.signal }),
    batched("to go by air"),
  ]);
  gone.abort(new Error("gone"));
  const [first, long, aborted, last] = await answers;
  assertNear(
    [first, last].flatMap((one) => (one as PromiseFulfilledResult<object[]>).value),
    await classify(["king", "to go by air"]),
  );
  assert.match((long as PromiseRejectedResult).reason.message, /the model takes 96 tokens, got 502/);
  assert.equal((aborted as PromiseRejectedResult).reason.message, "gone");
});

Deno.test("a list or a stream that is longer than the queue is answered, and single callers come in between", async () => {
  using classify = await pipeline("text-classification");
  using shared = classify.batched({ maxBatch: 16, maxQueue: 64 });
  const many = Array.from({ length: 300 }, (_, i) => `${TEXTS[i % TEXTS.length]} ${i}`);
  const expected = await classify(many);
  const order: string[] = [];
  const told = <T>(name: string, answer: Promise<T>) => answer.finally(() => order.push(name));
  const list = told("list", shared(many));
  const stream = told("stream", Array.fromAsync(shared.stream(many, { errors: "yield" })));
  await new Promise((resolve) => setTimeout(resolve, 5));
  const single = told("single", shared(TEXTS[0]!));
  assertNear(await single, [(await classify(TEXTS[0]!))[0]]);
  assertNear(await list, expected);
  assertNear(await stream, expected);
  assert.equal(order[0], "single");
});

Deno.test("a list that a full queue refuses ends with that error, and leaves nothing behind", async () => {
  using classify = await pipeline("text-classification");
  using shared = classify.batched({ maxBatch: 4, maxQueue: 4 });
  const call = (_: unknown, i: number) => shared(`king ${i}`); // equal texts would share an answer
  const first = Array.from({ length: 4 }, call);
  await new Promise((resolve) => setTimeout(resolve)); // they are computed now
  const callers = Promise.allSettled([...first, ...Array.from({ length: 12 }, (_, i) => call(_, i + 4))]);
  const list = shared(Array.from({ length: 8 }, (_, i) => `queen ${i}`));
  await assert.rejects(list, { name: "OverloadedError", code: "overloaded" });
  const settled = await callers;
  assert(settled.some(({ status }) => status === "fulfilled") && settled.some(({ status }) => status === "rejected"));
  assert.equal((await shared(TEXTS)).length, TEXTS.length); // there is room again
});
