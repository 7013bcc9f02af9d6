/** Metrics against scikit-learn, SciPy and seqeval, which `tools/metrics/golden.py` asked. */

import assert from "node:assert/strict";
import {
  ChoiceMetrics,
  ClassificationMetrics,
  EntityMetrics,
  MaskedWordsMetrics,
  type MetricValues,
  MultiLabelMetrics,
  prefixed,
  ranksOf,
  RegressionMetrics,
  type TagScheme,
  WorstMistakes,
} from "../../mod.ts";
import GOLDEN from "../golden/metrics/metrics.json" with { type: "json" };

/** Sums are not in the order of NumPy's. */
const BOUND = 1e-12;

function assertValues(found: MetricValues, expected: MetricValues): void {
  assert.deepEqual(Object.keys(found).sort(), Object.keys(expected).sort());
  for (const [name, value] of Object.entries(expected)) {
    assert.ok(Math.abs(found[name]! - value) < BOUND, `${name}: expected ${value}, got ${found[name]}`);
  }
}

GOLDEN.classification.forEach(({ classes, logits, labels, confusion, by_class, values }, i) => {
  Deno.test(`classification ${i}, ${labels.length} examples of ${classes} classes, as scikit-learn has it`, () => {
    const metrics = new ClassificationMetrics(classes);
    metrics.add({ logits, labels });
    assertValues(metrics.result(), values);
    assert.deepEqual(metrics.confusion.tolist(), confusion);
    const [precision, recall, f1, support] = by_class;
    metrics.byClass().forEach((score, c) =>
      assertValues({ ...score }, { precision: precision![c]!, recall: recall![c]!, f1: f1![c]!, support: support![c]! })
    );
    assert.equal(metrics.calibration().reduce((sum, { count }) => sum + count, 0), labels.length);
  });
});

GOLDEN.multi_label.forEach(({ classes, logits, labels, values }, i) => {
  Deno.test(`several labels ${i}, as scikit-learn has it`, () => {
    const metrics = new MultiLabelMetrics(classes);
    metrics.add({ logits, labels });
    assertValues(metrics.result(), values);
  });
});

GOLDEN.regression.forEach(({ labels, predictions, values }, i) => {
  Deno.test(`regression ${i}, as scikit-learn and SciPy have it`, () => {
    const metrics = new RegressionMetrics();
    metrics.add({ logits: predictions, labels });
    assertValues(metrics.result(), values);
  });
});

GOLDEN.tagging.forEach(({ scheme, gold, predicted, by_type, values }, i) => {
  Deno.test(`entities ${i}, ${scheme ?? "without a scheme"}, as seqeval has it`, () => {
    const metrics = new EntityMetrics(scheme === null ? {} : { scheme: scheme as TagScheme });
    metrics.add({ labels: gold, predictions: predicted });
    assertValues(metrics.result(), values);
    assert.deepEqual([...metrics.byType().keys()], Object.keys(by_type));
    for (const [type, score] of Object.entries(by_type)) assertValues({ ...metrics.byType().get(type)! }, score);
  });
});

Deno.test("several outputs of a regression: the mean over them", () => {
  const both = new RegressionMetrics(2);
  both.add({ logits: [1, 10, 2, 30, 3, 20], labels: [1, 10, 3, 20, 2, 30] });
  const [first, second] = [new RegressionMetrics(), new RegressionMetrics()];
  first.add({ logits: [1, 2, 3], labels: [1, 3, 2] });
  second.add({ logits: [10, 30, 20], labels: [10, 20, 30] });
  const expected = Object.entries(first.result()).map(([name, value]) => [name, (value + second.result()[name]!) / 2]);
  assertValues(both.result(), Object.fromEntries(expected));
});

Deno.test("a correlation of constants, or of one pair, is NaN; errors are not", () => {
  for (const [logits, labels] of [[[1, 2], [3, 3]], [[0.1, 0.1, 0.1], [1, 2, 3]], [[1], [1]]] as const) {
    const metrics = new RegressionMetrics();
    metrics.add({ logits, labels });
    const { pearson, spearmanr, mse, mae } = metrics.result();
    assert.deepEqual([pearson, spearmanr], [NaN, NaN]);
    assert.ok(Number.isFinite(mse) && Number.isFinite(mae));
  }
});

Deno.test("masked words: perplexity weighs batches by their words, and ranks are counted", () => {
  const metrics = new MaskedWordsMetrics();
  metrics.add({ loss: Math.log(2), words: 1, ranks: [0] });
  metrics.add({ loss: Math.log(16), words: 3, ranks: [4, 5, 0] });
  metrics.add({ loss: 0, words: 0, ranks: [] });
  // (log 2 + 3 log 16) / 4 = 13 log 2 / 4
  assertValues(metrics.result(), { perplexity: 2 ** 3.25, accuracy: 0.5, top_5_accuracy: 0.75 });
  const plain = new MaskedWordsMetrics();
  plain.add({ loss: 1000, words: 2 });
  assert.deepEqual(plain.result(), { perplexity: Infinity });
});

Deno.test("ranks count larger logits, and equal ones before; -100 is left out", () => {
  const logits = Float32Array.of(3, 1, 2, 5, 5, 5, 0, 0, 0);
  assert.deepEqual(ranksOf({ logits, labels: BigInt64Array.of(1n, 2n, -100n) }), [2, 2]);
  assert.deepEqual(ranksOf({ logits, labels: [0, 0, 0] }), [0, 0, 0]);
  assert.deepEqual(ranksOf({ logits: [], labels: [] }), []);
});

Deno.test("choices: questions of different lengths, and one that is not counted", () => {
  const metrics = new ChoiceMetrics();
  metrics.add({ logits: [0, 1, 0.5, 9, 0, 0, 1, 1, 1], labels: [1, -100, 1] });
  metrics.add({ logits: [0, 1], labels: [1] });
  metrics.add({ logits: [], labels: [] });
  assert.equal(metrics.count, 3);
  assertValues(metrics.result(), { accuracy: 2 / 3 });
});

Deno.test("labels of -100 are not counted; int64 and float32 are read", () => {
  const metrics = new ClassificationMetrics(2);
  metrics.add({ logits: Float32Array.of(1, 0, 0, 1, 0, 1), labels: BigInt64Array.of(0n, -100n, 0n) });
  assert.equal(metrics.count, 2);
  assert.equal(metrics.result().accuracy, 0.5);
});

Deno.test("the worst mistakes are kept, equal ones in their order, however many there are", () => {
  const [mistakes, others] = [new WorstMistakes(3), new WorstMistakes(2)];
  const mistake = (n: number) => ({ text: `${n}`, gold: "a", predicted: "b", score: n % 100 });
  for (let n = 0; n < 1000; n++) mistakes.add(mistake(n));
  assert.deepEqual(mistakes.list().map(({ text }) => text), ["99", "199", "299"]);
  others.add({ ...mistake(0), score: 99.5 });
  mistakes.merge(others);
  assert.deepEqual(mistakes.list().map(({ text }) => text), ["0", "99", "199"]);
});

Deno.test("names get a prefix, once", () => {
  assert.deepEqual(prefixed("eval", { f1: 1, eval_loss: 2 }), { eval_f1: 1, eval_loss: 2 });
});
