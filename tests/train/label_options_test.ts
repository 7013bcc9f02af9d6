/** Steps whose labels are smoothed, or count by the weights of their classes. */

import assert from "node:assert/strict";
import {
  AdamW,
  type LabelOptions,
  type LossOptions,
  type ModelInputs,
  type Optimizer,
  type PreTrainedModel,
  SGD,
  type StepResult,
} from "../../mod.ts";
import {
  assertSame,
  type Bytes,
  gpu,
  MASKED,
  maskedBatch,
  part,
  SINGLE,
  stepOften,
  type Task,
  TASKS,
  weightsOf,
} from "./helpers.ts";
import { teacherOf } from "./teachers.ts";
import { BATCH, smallModel } from "./small_training.ts";

const task = (name: string): Task => TASKS.find((task) => task.name === name)!;

const CHOICES = task("multiple choice");

/** Weights of different classes, some of them 0. */
const weightsFor = (classes: number) => Array.from({ length: classes }, (_, c) => [0.5, 2, 1, 0, 3][c % 5]!);

/** Every task whose labels are classes, with all options that it takes. */
const ALL: readonly [task: Task, options: LabelOptions][] = [
  [MASKED, { label_smoothing: 0.2, class_weights: weightsFor(30) }],
  [task("token classification"), { label_smoothing: 0.2, class_weights: weightsFor(5) }],
  [SINGLE, { label_smoothing: 0.2, class_weights: weightsFor(3) }],
  [CHOICES, { label_smoothing: 0.2 }],
];

const steady = (model: PreTrainedModel) => new SGD(model, { lr: 0.05, momentum: 0.9, max_grad_norm: 0.5 });

/** Three steps: what they find, and the weights that they leave. */
async function trained(
  { make }: Task,
  inputs: ModelInputs | readonly ModelInputs[],
  options: LossOptions = {},
): Promise<{ results: StepResult[]; weights: Bytes }> {
  using model = await make();
  using optimizer: Optimizer = steady(model);
  const results = await stepOften(optimizer, inputs, { steps: 3, dropout: 0, ...options });
  assert.ok(results.every(({ applied }) => applied));
  return { results, weights: await weightsOf(model) };
}

type Trained = Awaited<ReturnType<typeof trained>>;

function assertSameTraining(found: Trained, expected: Trained): void {
  assert.deepEqual(found.results, expected.results);
  assertSame(found.weights, expected.weights, "weights");
}

function near(found: number, expected: number, what: string, tolerance = 1e-6): void {
  const error = Math.abs(found - expected);
  assert.ok(error <= tolerance * Math.abs(expected), `${what}: expected ${expected}, got ${found}`);
}

function assertNearTraining(found: Trained, expected: Trained): void {
  found.results.forEach(({ loss, grad_norm }, i) => {
    near(loss, expected.results[i]!.loss, `loss of step ${i}`);
    near(grad_norm, expected.results[i]!.grad_norm, `norm of step ${i}`);
  });
}

for (const [of, options] of ALL) {
  const { name, batch } = of;

  Deno.test(`${name}: smoothed and weighted micro-batches give the numbers of the whole, and the same bits again`, async () => {
    const rows = (batch.labels as unknown[]).length;
    const parts = [part(batch, 0, 1), part(batch, 1, rows)];
    const whole = await trained(of, batch, options);
    const found = await trained(of, parts, options);
    assertNearTraining(found, whole);
    assertSameTraining(await trained(of, parts, options), found);
    assert.notDeepEqual((await trained(of, batch)).results, whole.results, "the options change something");
  });

  Deno.test(`${name}: smoothed and weighted, layers that are computed again give the same bits`, async () => {
    const run = (gradient_checkpointing: boolean) => trained(of, batch, { ...options, gradient_checkpointing });
    assertSameTraining(await run(true), await run(false));
  });

  Deno.test(`${name}: the options make no program, and forward does not know them`, async () => {
    using model = await of.make();
    using optimizer = new SGD(model, { lr: 0 });
    const forward = async () => {
      const { loss } = await (model as unknown as { forward: Forward }).forward(batch);
      return loss.item();
    };
    const [plain, first] = [await optimizer.step(batch, { dropout: 0 }), await forward()];
    const before = gpu.counts;
    const changed = await optimizer.step(batch, { dropout: 0, ...options });
    assert.equal(await forward(), first);
    assert.deepEqual(await optimizer.step(batch, { dropout: 0 }), plain);
    assert.deepEqual(gpu.counts, before);
    assert.notEqual(changed.loss, plain.loss);
    near(plain.loss, first, "the loss of a step is that of forward");
  });
}

type Forward = (inputs: ModelInputs) => Promise<{ loss: { item(): number }; logits: { tolist(): number[][] } }>;

Deno.test("equal weights of any size change no bit, and neither does a smoothing of 0", async () => {
  for (const [own, classes] of [[MASKED, 30], [SINGLE, 3]] as const) {
    const inputs = [part(own.batch, 0, 1), part(own.batch, 1)];
    const plain = await trained(own, inputs);
    for (const weight of [1, 7, 1 / 3, 1e-310, 1e300]) {
      const class_weights = new Float64Array(classes).fill(weight);
      assertSameTraining(await trained(own, inputs, { class_weights, label_smoothing: 0 }), plain);
    }
  }
});

Deno.test("only the ratios of the weights count, however large or small they are", async () => {
  const run = (scale: number) => trained(SINGLE, SINGLE.batch, { class_weights: [scale, 4 * scale, 0] });
  const expected = await run(1);
  for (const scale of [2 ** -1000, 2 ** 1000]) assertSameTraining(await run(scale), expected);
  const rare = { ...SINGLE.batch, labels: [1, 1, 1, 1] };
  const alone = await trained(SINGLE, rare);
  assertSameTraining(await trained(SINGLE, rare, { class_weights: [1e300, 1e-300, 1e300] }), alone);
});

Deno.test("labels of weight 0 are as labels of -100", async () => {
  const labels = SINGLE.batch.labels as number[];
  assert.ok(labels.includes(1) && labels.some((label) => label !== 1));
  const without = { ...SINGLE.batch, labels: labels.map((label) => label === 1 ? -100 : label) };
  const weighted = await trained(SINGLE, SINGLE.batch, { class_weights: [1, 0, 1], label_smoothing: 0.1 });
  assertNearTraining(weighted, await trained(SINGLE, without, { label_smoothing: 0.1 }));
});

Deno.test("a label of weight 3 counts as three rows", async () => {
  const { input_ids, attention_mask, labels } = SINGLE.batch as Record<string, unknown[]>;
  const often = (rows: unknown[]) => rows.flatMap((row, r) => labels![r] === 2 ? [row, row, row] : [row]);
  const repeated = { input_ids: often(input_ids!), attention_mask: often(attention_mask!), labels: often(labels!) };
  const weighted = await trained(SINGLE, SINGLE.batch, { class_weights: [1, 1, 3], label_smoothing: 0.3 });
  assertNearTraining(weighted, await trained(SINGLE, repeated as ModelInputs, { label_smoothing: 0.3 }));
});

Deno.test("a model learns the smoothed labels, and no more", async () => {
  using model = await SINGLE.make();
  using optimizer = new AdamW(model, { lr: 0.01, weight_decay: 0 });
  const results = await stepOften(optimizer, SINGLE.batch, {
    steps: 200,
    together: 10,
    dropout: 0,
    label_smoothing: 0.3,
  });
  const entropy = -(0.8 * Math.log(0.8) + 0.2 * Math.log(0.1));
  near(results.at(-1)!.loss, entropy, "the loss ends at the entropy of the smoothed labels", 1e-3);
  const { logits } = await (model as unknown as { forward: Forward }).forward(SINGLE.batch);
  logits.tolist().forEach((row, r) => {
    const powers = row.map(Math.exp);
    const sum = powers.reduce((a, b) => a + b, 0);
    powers.forEach((power, c) => {
      const wanted = c === (SINGLE.batch.labels as number[])[r] ? 0.8 : 0.1;
      assert.ok(Math.abs(power / sum - wanted) < 0.02, `row ${r}, class ${c}: ${power / sum}, ${wanted}`);
    });
  });
});

Deno.test("with a teacher, the part of the labels is the smoothed and weighted loss", async () => {
  using student = await smallModel();
  using model = await teacherOf();
  const options = { label_smoothing: 0.2, class_weights: Float32Array.of(3, 0.5, 1) };
  const alone = await student.gradients(BATCH, options);
  const { loss, losses } = await student.gradients(BATCH, { ...options, teacher: { model, weight: 0.25 } });
  assert.equal(losses!.labels, alone.loss.item());
  near(loss.item() as number, 0.75 * losses!.labels! + 0.25 * losses!.soft, "the sum");
  const plain = await student.gradients(BATCH, { teacher: { model, weight: 0.25 } });
  assert.equal(losses!.soft, plain.losses!.soft);
  assert.notEqual(losses!.labels, plain.losses!.labels);
  // Without labels there is nothing to smooth or to weigh.
  const { labels: _, ...unlabelled } = BATCH;
  const taught = { teacher: { model, weight: 1 } };
  const [found, expected] = [
    await student.gradients(unlabelled, { ...options, ...taught }),
    await student.gradients(unlabelled, taught),
  ];
  assert.deepEqual(found, expected);
});

/** What is asked of a task, and the error. */
type Refusal = [task: Task, options: object, name: string, message: string];

const REFUSALS: readonly Refusal[] = [
  ...[1, 1.5, -0.1, NaN, Infinity, "0.1", null].map((value): Refusal => [
    SINGLE,
    { label_smoothing: value },
    "RangeError",
    `label_smoothing must be from 0 to less than 1, got ${
      JSON.stringify(value) === "null" ? value : JSON.stringify(value)
    }`,
  ]),
  [
    task("regression"),
    { label_smoothing: 0.1 },
    "RangeError",
    "label_smoothing must be 0 for regression, got 0.1; leave it out",
  ],
  [
    task("multi label"),
    { label_smoothing: 0.5 },
    "RangeError",
    "label_smoothing must be 0 for several labels at once, got 0.5; leave it out",
  ],
  ...[["regression", "regression"], ["multi label", "several labels at once"], ["multiple choice", "multiple choice"]]
    .map(([name, words]): Refusal => [
      task(name!),
      { class_weights: [1, 1] },
      "TypeError",
      `class_weights must be left out for ${words}; they need one class as the label of each row`,
    ]),
  ...[[[1, 1], 2], [[1, 1, 1, 1], 4], [new Float32Array(0), 0]].map(([weights, length]): Refusal => [
    SINGLE,
    { class_weights: weights },
    "TypeError",
    `class_weights must be 3 numbers, one for each label, got ${length}`,
  ]),
  [MASKED, { class_weights: [1, 1] }, "TypeError", "class_weights must be 30 numbers, one for each label, got 2"],
  ...([[null, "null"], ["111", "a string"], [1, "a number"], [{ 0: 1 }, "an object"]] as const).map((
    [weights, found],
  ): Refusal => [
    SINGLE,
    { class_weights: weights },
    "TypeError",
    `class_weights must be an array of 3 numbers, got ${found}`,
  ]),
  ...([[-1, "-1"], [NaN, "NaN"], [Infinity, "Infinity"], ["1", '"1"'], [undefined, "undefined"]] as const).map((
    [weight, found],
  ): Refusal => [
    SINGLE,
    { class_weights: [1, weight, 1] },
    "RangeError",
    `class_weights[1] must be a finite number from 0, got ${found}`,
  ]),
  [SINGLE, { class_weights: [0, 0, 0] }, "RangeError", "one of class_weights must be over 0, got zeros"],
];

Deno.test("labels that cannot be smoothed or weighed so are refused by name, and reach no GPU", async () => {
  for (const own of new Set(REFUSALS.map(([task]) => task))) {
    using model = await own.make();
    using optimizer = new AdamW(model);
    await optimizer.step(own.batch, { dropout: 0 });
    const before = { counts: gpu.counts, weights: await weightsOf(model) };
    for (const [task, options, name, message] of REFUSALS) {
      if (task !== own) continue;
      const given = options as LabelOptions;
      const error = (purpose: string) => ({ name, message: `Cannot ${purpose}: ${message}` });
      await assert.rejects(optimizer.step(own.batch, given), error("take a step"), message);
      await assert.rejects(optimizer.step([own.batch, own.batch], given), error("take a step"), message);
      await assert.rejects(optimizer.memory(own.batch, given), error("take a step"), message);
      await assert.rejects(model.gradients(own.batch, given), error("compute gradients"), message);
    }
    assert.deepEqual(gpu.counts, before.counts);
    assertSame(await weightsOf(model), before.weights, "weights");
  }
});

Deno.test("a smoothing of 0 is taken by every task, and changes no bit", async () => {
  for (const own of TASKS) {
    const { batch } = own;
    assertSameTraining(await trained(own, batch, { label_smoothing: 0 }), await trained(own, batch));
  }
});

Deno.test("weights of a batch of other sizes are those of its own labels", async () => {
  using model = await MASKED.make();
  using optimizer = new SGD(model, { lr: 0 });
  const options = { dropout: 0, class_weights: weightsFor(30), label_smoothing: 0.1 };
  const batches = [maskedBatch(4, 7), maskedBatch(6, 20, 2), maskedBatch(1, 3, 3)];
  const alone = [];
  for (const batch of batches) alone.push(await optimizer.step(batch, options));
  assert.deepEqual(await Promise.all(batches.map((batch) => optimizer.step(batch, options))), alone);
});
