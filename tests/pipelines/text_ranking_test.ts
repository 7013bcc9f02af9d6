import assert from "node:assert/strict";
import { ConfigError, InputError } from "../../src/base/errors.ts";
import { createTextRanking, type RankingQuery } from "../../src/pipelines/tasks/text_ranking.ts";
import { FakeClassifier, shippedTokenizer } from "./fakes.ts";

const tokenizer = await shippedTokenizer();

/** A pipeline over a model whose logit is the length of the pair. */
function ranking(config: Record<string, unknown> = { num_labels: 1 }) {
  const model = new FakeClassifier(config, (ids) => [ids.filter((id) => id !== 0).length]);
  return { model, rank: createTextRanking({ model, tokenizer }) };
}

Deno.test("texts come best first, with sigmoids or raw scores, and themselves on request", async () => {
  const { rank, model } = ranking();
  const texts = ["king", "king of a tree", "tree of"];
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  assert.deepEqual(await rank("horse", texts), [
    { index: 1, score: sigmoid(8) },
    { index: 2, score: sigmoid(6) },
    { index: 0, score: sigmoid(5) },
  ]);
  assert.equal(model.calls.length, 1);
  assert.deepEqual(await rank("horse", texts, { raw_scores: true, return_text: true }), [
    { index: 1, score: 8, text: "king of a tree" },
    { index: 2, score: 6, text: "tree of" },
    { index: 0, score: 5, text: "king" },
  ]);
});

Deno.test("top_k gives that many texts, best first, and null gives all", async () => {
  const { rank } = ranking();
  const texts = ["king", "king of a tree", "tree of"];
  const indices = async (top_k: number | null) => (await rank("horse", texts, { top_k })).map(({ index }) => index);
  assert.deepEqual(await indices(2), [1, 2]);
  assert.deepEqual(await indices(9), [1, 2, 0]);
  assert.deepEqual(await indices(null), [1, 2, 0]);
  const [ranked] = await Array.fromAsync(rank.stream([{ query: "horse", texts }], { top_k: 1 }));
  assert.deepEqual(ranked!.map(({ index }) => index), [1]);
  const error = new RangeError("Cannot rank texts: top_k must be null or a whole number from 1, got 0");
  await assert.rejects(() => indices(0), error);
});

Deno.test("queries in a list and in a stream are ranked each for itself", async () => {
  const { rank, model } = ranking();
  const queries = [{ query: "horse", texts: ["king", "a king"] }, { query: "a tree", texts: ["person"] }];
  const answers = await rank(queries);
  assert.deepEqual(answers.map((answer) => answer.map(({ index }) => index)), [[1, 0], [0]]);
  assert.equal(model.calls.length, 1);
  assert.deepEqual(await Array.fromAsync(rank.stream(queries)), answers);
});

Deno.test("queries that cannot be ranked, and models of several labels, are refused", async () => {
  const { rank, model } = ranking();
  const cases: [query: unknown, error: Error][] = [
    [
      { query: "horse", texts: [] },
      new InputError("Cannot rank the texts of query 1 of 2: its texts must name one at least, got none"),
    ],
    [
      { query: "horse", texts: ["king", " "] },
      new InputError('Cannot rank the texts of query 1 of 2: text 2 of 2 must hold a word, got " "'),
    ],
    [
      { query: "", texts: ["king"] },
      new InputError('Cannot rank the texts of query 1 of 2: its query must hold a word, got ""'),
    ],
    [
      { query: "horse ".repeat(100), texts: ["king"] },
      new InputError(
        "Cannot rank the texts of query 1 of 2: the model takes 96 tokens, got 102 in its query alone " +
          '("horse horse horse horse horse horse hor…"); shorten it, or ask for truncation',
      ),
    ],
    [
      { query: "horse", texts: ["king ".repeat(100)] },
      new InputError(
        "Cannot rank the texts of query 1 of 2: the model takes 96 tokens, got 104 " +
          '("king king king king king king king king…"); shorten it, or ask for truncation',
      ),
    ],
    [
      { query: 7, texts: ["king"] },
      new TypeError("Cannot rank the texts of query 1 of 2: its query must be a string, got a number"),
    ],
    [
      { query: "horse" },
      new TypeError("Cannot rank the texts of query 1 of 2: its texts must be an array of strings, got undefined"),
    ],
  ];
  for (const [query, error] of cases) {
    await assert.rejects(() => rank([query as RankingQuery, { query: "a", texts: ["b"] }]), error);
  }
  assert.equal(model.calls.length, 0);
  const wrong = new ConfigError(
    "Cannot rank texts: the model must have one label, got 2 (LABEL_0, LABEL_1); " +
      "take one that was trained to score pairs of query and text",
  );
  assert.throws(() => ranking({}), wrong);
});

Deno.test("texts are in the order of their logits where all scores are 1", async () => {
  const model = new FakeClassifier({ num_labels: 1 }, (ids) => [40 + ids.filter((id) => id !== 0).length]);
  const ranked = await createTextRanking({ model, tokenizer })("horse", ["king", "king of a tree", "tree of"]);
  assert.deepEqual(ranked, [1, 2, 0].map((index) => ({ index, score: 1 })));
});

Deno.test("texts are in the order of their scores, in windows or not, whatever the activation", async () => {
  const model = new FakeClassifier({ num_labels: 1 }, (ids) => [ids.filter((id) => id !== 0).length]);
  const texts = ["king", "king of a tree", "tree of"]; // logits 5, 8, 6
  const cases: [activation: (x: number) => number, order: number[]][] = [
    [(x) => -x, [0, 2, 1]],
    [(x) => -Math.abs(x - 6), [2, 0, 1]],
    [(x) => Math.min(x, 6), [1, 2, 0]], // of equal scores by logits
  ];
  for (const [activation, order] of cases) {
    const rank = createTextRanking({ model, tokenizer }, { activation, maximum: null, lowerCase: false });
    for (const options of [{}, { stride: 2 }, { stride: 2, aggregation: "first" as const }]) {
      const ranked = await rank("horse", texts, options);
      assert.deepEqual(ranked.map(({ index }) => index), order);
      assert.deepEqual(ranked.map(({ score }) => score), ranked.map(({ score }) => score).sort((a, b) => b - a));
    }
  }
});
