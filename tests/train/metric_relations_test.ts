/** What holds of all metrics: how examples are cut, merged and ordered makes no difference; what is wrong is refused. */

import assert from "node:assert/strict";
import {
  ChoiceMetrics,
  ClassificationMetrics,
  ConfusionMatrix,
  EntityMetrics,
  MaskedWordsMetrics,
  type Metrics,
  type MetricValues,
  MultiLabelMetrics,
  RegressionMetrics,
  WorstMistakes,
} from "../../mod.ts";
import { fc } from "../deps.ts";

const CLASSES = 4;
const TAGS = ["O", "B-A", "I-A", "B-B", "I-B"];

/** Metrics, and examples of which any number makes a batch. */
interface Kind<Example> {
  readonly example: fc.Arbitrary<Example>;
  make(): Metrics<never>;
  batch(examples: readonly Example[]): unknown;
}

const logit = fc.integer({ min: -40, max: 40 }).map((n) => n / 8);
const row = fc.array(logit, { minLength: CLASSES, maxLength: CLASSES });
const label = fc.integer({ min: 0, max: CLASSES - 1 });
const labelled = fc.record({ row, label });

type Labelled = { row: number[]; label: number };
const labelledBatch = (examples: readonly Labelled[]) => ({
  logits: Float64Array.from(examples.flatMap(({ row }) => row)),
  labels: examples.map(({ label }) => label),
});

function kind<Example>(given: Kind<Example>): Kind<unknown> {
  return given as Kind<unknown>;
}

const KINDS: Readonly<Record<string, Kind<unknown>>> = {
  classification: kind({ example: labelled, make: () => new ClassificationMetrics(CLASSES), batch: labelledBatch }),
  choices: kind({ example: labelled, make: () => new ChoiceMetrics(), batch: labelledBatch }),
  "several labels": kind({
    example: fc.record({ row, labels: fc.array(fc.constantFrom(0, 1), { minLength: CLASSES, maxLength: CLASSES }) }),
    make: () => new MultiLabelMetrics(CLASSES),
    batch: (examples) => ({
      logits: examples.flatMap(({ row }) => row),
      labels: examples.flatMap(({ labels }) => labels),
    }),
  }),
  regression: kind({
    example: fc.tuple(logit, logit),
    make: () => new RegressionMetrics(),
    batch: (pairs) => ({ logits: pairs.map(([x]) => x), labels: pairs.map(([, y]) => y) }),
  }),
  "masked words": kind({
    example: fc.record({ loss: fc.double({ min: 0, max: 9, noNaN: true }), rank: fc.nat(20) }),
    make: () => new MaskedWordsMetrics(),
    batch: (words) => ({
      loss: words.reduce((sum, { loss }) => sum + loss, 0) / Math.max(1, words.length),
      words: words.length,
      ranks: words.map(({ rank }) => rank),
    }),
  }),
  entities: kind({
    example: fc.array(fc.tuple(fc.constantFrom(...TAGS), fc.constantFrom(...TAGS)), { minLength: 1, maxLength: 9 }),
    make: () => new EntityMetrics(),
    batch: (sequences) => ({
      labels: sequences.map((words) => words.map(([gold]) => gold)),
      predictions: sequences.map((words) => words.map(([, predicted]) => predicted)),
    }),
  }),
};

function counted(kind: Kind<unknown>, examples: readonly unknown[]): Metrics<never> {
  const metrics = kind.make();
  metrics.add(kind.batch(examples) as never);
  return metrics;
}

function assertSame(found: MetricValues, expected: MetricValues): void {
  assert.deepEqual(Object.keys(found), Object.keys(expected));
  for (const [name, value] of Object.entries(expected)) {
    const same = Object.is(found[name], value) || Math.abs(found[name]! - value) <= 1e-9 * Math.max(1, Math.abs(value));
    assert.ok(same, `${name}: expected ${value}, got ${found[name]}`);
  }
}

for (const [name, kind] of Object.entries(KINDS)) {
  const examples = fc.array(kind.example, { minLength: 1, maxLength: 30 });

  Deno.test(`${name}: batches, merged parts and the order of examples make no difference`, () => {
    fc.assert(
      fc.property(examples, fc.nat(30), fc.nat(30), (all, a, b) => {
        const expected = counted(kind, all);
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const cut = [all.slice(0, from), all.slice(from, to), all.slice(to)];
        const [streamed, merged, turned] = [kind.make(), kind.make(), kind.make()];
        for (const part of cut) streamed.add(kind.batch(part) as never);
        for (const part of cut) merged.merge(counted(kind, part));
        for (const part of cut.toReversed()) turned.add(kind.batch(part.toReversed()) as never);
        for (const metrics of [streamed, merged, turned]) {
          assert.equal(metrics.count, expected.count);
          assertSame(metrics.result(), expected.result());
        }
      }),
    );
  });

  Deno.test(`${name}: merged with themselves, they give the same from twice as many`, () => {
    fc.assert(
      fc.property(examples, (all) => {
        const [once, twice] = [counted(kind, all), counted(kind, [...all, ...all])];
        once.merge(once);
        assert.equal(once.count, twice.count);
        assertSame(once.result(), twice.result());
      }),
    );
  });

  Deno.test(`${name}: nothing has no metrics`, () => {
    const [empty, other] = [counted(kind, []), kind.make()];
    empty.merge(other);
    assert.throws(() => empty.result(), {
      name: "RangeError",
      message: "Cannot compute metrics: there must be an example with a label, got none",
    });
  });
}

Deno.test("classification: the names of classes make no difference", () => {
  const order = fc.shuffledSubarray([0, 1, 2, 3], { minLength: CLASSES });
  // Distinct logits: of equal ones the first class is predicted, which is another under other names.
  const distinct = fc.record({ row: fc.shuffledSubarray([-2, -0.5, 1, 1.5], { minLength: CLASSES }), label });
  fc.assert(
    fc.property(fc.array(distinct, { minLength: 1 }), order, (all, order) => {
      const renamed = all.map(({ row, label }) => ({ row: order.map((c) => row[c]!), label: order.indexOf(label) }));
      const kind = KINDS.classification!;
      assertSame(counted(kind, renamed).result(), counted(kind, all).result());
    }),
  );
});

Deno.test("wrong batches are refused, and change nothing", () => {
  const refuse = (metrics: Metrics<never>, batch: unknown, name: string, message: string) => {
    assert.throws(() => metrics.add(batch as never), { name, message });
    assert.equal(metrics.count, 0);
  };
  refuse(
    new ClassificationMetrics(2),
    { logits: [1, 2, 3, 4], labels: [0, 2] },
    "RangeError",
    "Cannot count a batch: labels must be from 0 to 1, or -100 for what is not counted, got 2 at 1",
  );
  refuse(
    new ClassificationMetrics(2),
    { logits: [1, 2, 3], labels: [0, 1] },
    "TypeError",
    "Cannot count a batch: there must be 4 logits, a class each for every label, got 3",
  );
  refuse(
    new ClassificationMetrics(2),
    { logits: [1, 2, 3, NaN], labels: [0, 1] },
    "NonFiniteError",
    "Cannot count a batch: logits must be finite, got NaN at 3",
  );
  refuse(
    new MultiLabelMetrics(2),
    { logits: [1, 2], labels: [0, 0.5] },
    "RangeError",
    "Cannot count a batch: labels must be 0 or 1, got 0.5 at 1",
  );
  refuse(
    new MultiLabelMetrics(2),
    { logits: [1, 2, 3], labels: [0, 1, 1] },
    "TypeError",
    "Cannot count a batch: there must be 4 labels, 2 for each example, got 3",
  );
  refuse(
    new RegressionMetrics(),
    { logits: [1], labels: [1, 2] },
    "TypeError",
    "Cannot count a batch: there must be 2 logits, one for each label, got 1",
  );
  refuse(
    new MaskedWordsMetrics(),
    { loss: NaN, words: 2 },
    "NonFiniteError",
    "Cannot count a batch: the loss must be finite, got NaN at 0",
  );
  refuse(
    new MaskedWordsMetrics(),
    { loss: 1, words: 2, ranks: [0, -1] },
    "RangeError",
    "Cannot count: ranks must be a whole number from 0, got -1",
  );
  refuse(
    new ChoiceMetrics(),
    { logits: [1, 2, 3], labels: [0, 0] },
    "TypeError",
    "Cannot count a batch: there must be 2 logits, as many for each label, got 3",
  );
  const entities = (labels: string[][], predictions: string[][]) => ({ labels, predictions });
  refuse(
    new EntityMetrics(),
    entities([["O"], ["PER"]], [["O"], ["O"]]),
    "RangeError",
    'Cannot find entities: a tag must be O or begin with one of B-, I-, E-, S-, got "PER"',
  );
  refuse(
    new EntityMetrics({ scheme: "IOB2" }),
    entities([["S-PER"]], [["O"]]),
    "RangeError",
    'Cannot find entities: a tag of IOB2 must be O or begin with one of B-, I-, got "S-PER"',
  );
  refuse(
    new EntityMetrics(),
    entities([["O"], ["O", "O"]], [["O"], ["O"]]),
    "TypeError",
    "Cannot count entities: there must be 2 predictions in sequence 1, one for each label, got 1",
  );
  refuse(
    new EntityMetrics(),
    entities([["O"], ["O"]], [["O"]]),
    "TypeError",
    "Cannot count entities: there must be predictions for 2 sequences, got 1",
  );
});

Deno.test("metrics that cannot be made or merged are refused", () => {
  for (const make of [ClassificationMetrics, MultiLabelMetrics, RegressionMetrics, WorstMistakes]) {
    for (const wrong of [0, 1.5, NaN]) assert.throws(() => new make(wrong), { name: "RangeError" });
  }
  assert.throws(() => new EntityMetrics({ scheme: "IOB1" as "IOB2" }), {
    name: "RangeError",
    message: "Cannot count entities: scheme must be one of IOB2, IOBES, BILOU, got IOB1",
  });
  const merge = (one: { merge(other: never): void }, other: unknown, message: string) =>
    assert.throws(() => one.merge(other as never), { name: "TypeError", message: `Cannot merge metrics: ${message}` });
  merge(
    new ClassificationMetrics(2),
    new ClassificationMetrics(3),
    "the other must be those of 2 classes, got 3 classes",
  );
  merge(new MultiLabelMetrics(2), new MultiLabelMetrics(3), "the other must be those of 2 labels, got 3 labels");
  merge(new RegressionMetrics(), new RegressionMetrics(2), "the other must be those of 1 outputs, got 2 outputs");
  merge(
    new EntityMetrics(),
    new EntityMetrics({ scheme: "IOB2" }),
    "the other must be those of no scheme, got IOB2",
  );
  const matrix = new ConfusionMatrix(2);
  for (const wrong of [2, -1, 0.5, NaN]) {
    const message = `Cannot count: a class must be from 0 to 1, got ${wrong}`;
    assert.throws(() => matrix.add(wrong, 0), { name: "RangeError", message });
    assert.throws(() => matrix.add(0, wrong), { name: "RangeError", message });
  }
  assert.equal(matrix.total, 0);
  assert.throws(() => new WorstMistakes().add({ text: "", gold: "", predicted: "", score: NaN }), {
    name: "RangeError",
    message: "Cannot keep a mistake: its score must be a number, got NaN",
  });
});
