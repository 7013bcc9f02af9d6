/** Steps with a teacher. */

import assert from "node:assert/strict";
import {
  AdamW,
  type ModelInputs,
  NarrowBertForMaskedLM,
  NarrowBertForMultipleChoice,
  NarrowBertForSequenceClassification,
  type PreTrainedModel,
  SGD,
  type StepResult,
  type Tensor,
} from "../../mod.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { goldenModel } from "../golden/golden_case.ts";
import { poke } from "./helpers.ts";
import { BATCH, CONFIG, smallModel as studentOf } from "./small_training.ts";
import { configOf, LARGER, teacherOf, UNLABELLED } from "./teachers.ts";
import { hasHalves } from "../gpu/halves.ts";

const gpu = await requestGpu();

function numbers({ data }: Tensor): number[] {
  return Array.from(data as Float32Array, Number);
}

/** The largest difference of two lists. */
function distance(one: readonly number[], other: readonly number[]): number {
  assert.equal(one.length, other.length);
  return one.reduce((most, value, i) => Math.max(most, Math.abs(value - other[i]!)), 0);
}

function near(found: number, expected: number, tolerance = 1e-5): void {
  assert.ok(Math.abs(found - expected) <= tolerance * Math.abs(expected), `expected ${expected}, got ${found}`);
}

Deno.test("a student distilled on one batch gives its teacher's logits; no byte of the teacher changes", async () => {
  using student = await studentOf();
  using teacher = await teacherOf();
  using optimizer = new AdamW(student, { lr: 1e-2, weight_decay: 0 });
  const before = await teacher.state_dict();
  const wanted = numbers((await teacher.forward(UNLABELLED)).logits);
  const distant = distance(numbers((await student.forward(UNLABELLED)).logits), wanted);
  const results: StepResult[] = [];
  for (let i = 0; i < 150; i++) {
    results.push(await optimizer.step(UNLABELLED, { dropout: 0, teacher: { model: teacher, weight: 1 } }));
  }
  const [first, last] = [results[0]!, results.at(-1)!];
  assert.deepEqual(Object.keys(first.losses!), ["soft"], "without labels the teacher is all");
  assert.equal(first.loss, first.losses!.soft);
  assert.ok(last.loss < 1e-3 * first.loss, `the loss fell from ${first.loss} to ${last.loss}`);
  // A distribution says nothing of a number that is added to all logits of a row.
  const centred = (logits: number[]) => logits.map((value, i) => value - logits[i - i % 3]!);
  const now = centred(numbers((await student.forward(UNLABELLED)).logits));
  const left = distance(now, centred(wanted));
  assert.ok(left < 0.05 * distant, `the logits were ${distant} apart, and are ${left}`);
  assert.deepEqual(await teacher.state_dict(), before);
});

Deno.test("the loss is the weighted sum of its parts, and the parts are those of both models", async () => {
  using student = await studentOf();
  using teacher = await teacherOf({ hidden_size: CONFIG.hidden_size });
  const weights = { temperature: 3, weight: 0.25, states: 0.5 };
  const { loss, losses } = await student.gradients(BATCH, { teacher: { model: teacher, ...weights } });
  const { labels, soft, states } = losses!;
  near(loss.item() as number, 0.75 * labels! + 0.25 * soft + 0.5 * states!);
  near(labels!, (await student.forward(BATCH)).loss!.item() as number);
  const rowsOf = async (model: PreTrainedModel) => {
    const { logits } = await (model as NarrowBertForSequenceClassification).forward(UNLABELLED);
    const all = numbers(logits);
    return [0, 3, 6].map((at) => all.slice(at, at + 3));
  };
  const [own, taught] = [await rowsOf(student), await rowsOf(teacher)];
  near(soft, own.reduce((sum, row, r) => sum + 9 * divergence(taught[r]!, row, 3), 0) / 3);
});

/** `KL(softmax(y / T) || softmax(x / T))`. */
function divergence(y: number[], x: number[], temperature: number): number {
  const probabilities = (row: number[]) => {
    const powers = row.map((value) => Math.exp(value / temperature));
    const sum = powers.reduce((a, b) => a + b, 0);
    return powers.map((power) => power / sum);
  };
  const [p, q] = [probabilities(y), probabilities(x)];
  return p.reduce((sum, one, c) => sum + one * Math.log(one / q[c]!), 0);
}

Deno.test("an ordinary BERT teaches itself with narrow layers", async () => {
  const input_ids = [[2, 17, 40, 55, 3], [2, 60, 3, 0, 0]];
  const inputs = { input_ids, attention_mask: [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]] };
  const labels = [[-100, 17, -100, 55, -100], [-100, 61, -100, -100, -100]];
  using teacher = await NarrowBertForMaskedLM.from_pretrained(goldenModel("plain-bert"));
  using student = await NarrowBertForMaskedLM.from_pretrained(goldenModel("plain-bert"), {
    config: { full_length_layers: 2 },
  });
  assert.deepEqual([teacher.config.full_length_layers, student.config.full_length_layers], [5, 2]);
  using optimizer = new AdamW(student, { lr: 1e-3 });
  const step = (states: number) =>
    optimizer.step({ ...inputs, labels }, { dropout: 0, teacher: { model: teacher, states } });
  const first = await step(1);
  for (let i = 0; i < 30; i++) await step(1);
  const { loss, losses, applied } = await step(1);
  assert.ok(applied && loss < first.loss);
  assert.ok(first.losses!.soft > 0 && first.losses!.states! > 0, "narrow layers compute something else");
  assert.ok(losses!.states! < first.losses!.states!, `states: ${first.losses!.states} to ${losses!.states}`);
  assert.deepEqual(Object.keys(losses!), ["labels", "soft", "states"]);
});

Deno.test("a model that is its own teacher has nothing to learn from it, and no gradient goes through the teacher", async () => {
  using model = await studentOf();
  const teacher = { model, weight: 1, states: 1 };
  const { loss, losses, gradients } = await model.gradients(UNLABELLED, { teacher });
  assert.deepEqual([loss.item(), losses], [0, { soft: 0, states: 0 }]);
  for (const [name, gradient] of gradients) assert.ok(numbers(gradient).every((value) => value === 0), name);
  const { losses: dropped } = await model.gradients(UNLABELLED, { teacher, dropout: 0.3 });
  assert.ok(dropped!.soft > 0, "the student drops, the teacher does not");
});

Deno.test("a teacher of weight 0 changes no bit of the gradients, whatever its logits are", async () => {
  for (const problem_type of ["single_label_classification", "regression"]) {
    const config = configOf({ problem_type });
    using student = await NarrowBertForSequenceClassification.from_config(config, { seed: 5 });
    using model = await teacherOf({ problem_type });
    const labels = problem_type === "regression" ? [[0, 1, 2], [1, 0, 0], [0.5, 0, 1]] : BATCH.labels;
    const inputs = { ...UNLABELLED, labels } as ModelInputs;
    const alone = await student.gradients(inputs);
    for (const value of [NaN, Infinity]) {
      await poke(model, "classifier.bias", { value });
      const { loss, losses, gradients } = await student.gradients(inputs, { teacher: { model, weight: 0 } });
      assert.ok(!Number.isFinite(losses!.soft), `${losses!.soft}`);
      assert.deepEqual(loss, alone.loss);
      for (const [name, { data }] of gradients) assert.deepEqual(data, alone.gradients.get(name)!.data, name);
      using optimizer = new SGD(student, { lr: 0 });
      assert.ok((await optimizer.step(inputs, { dropout: 0, teacher: { model, weight: 0 } })).applied);
    }
  }
});

Deno.test("a teacher changes nothing of the other steps", async () => {
  const run = async (before: boolean) => {
    using student = await studentOf();
    using optimizer = new SGD(student, { lr: 0 });
    using teacher = await teacherOf();
    if (before) await optimizer.step(BATCH, { dropout: 0, teacher: { model: teacher } });
    return await optimizer.step(BATCH, { dropout: 0 });
  };
  assert.deepEqual(await run(true), await run(false));
});

Deno.test("f16 weights teach, and micro-batches learn what the whole batch does", async () => {
  const halfTeacher = () => teacherOf({ hidden_size: CONFIG.hidden_size }, "f16");
  if (!await hasHalves(halfTeacher)) return;
  using student = await studentOf();
  using exact = await teacherOf({ hidden_size: CONFIG.hidden_size });
  using half = await halfTeacher();
  using optimizer = new SGD(student, { lr: 0 });
  const parts = [[0, 1], [1, 3]].map(([from, to]) => {
    return Object.fromEntries(
      Object.entries(BATCH).map(([name, rows]) => [name, (rows as number[]).slice(from, to)]),
    ) as ModelInputs;
  });
  const step = (inputs: ModelInputs | ModelInputs[], model: PreTrainedModel) =>
    optimizer.step(inputs, { dropout: 0, teacher: { model, states: 0.5 } });
  const whole = await step(BATCH, half);
  const cut = await step(parts, half);
  near(cut.loss, whole.loss);
  near(cut.grad_norm, whole.grad_norm);
  for (const [part, value] of Object.entries(whole.losses!)) near(cut.losses![part as "soft"], value);
  const { losses } = await step(BATCH, exact);
  assert.notEqual(losses!.soft, whole.losses!.soft);
  near(losses!.soft, whole.losses!.soft, 0.01);
});

Deno.test("regression and several labels at once compare logits number by number", async () => {
  for (const problem_type of ["regression", "multi_label_classification"] as const) {
    const make = (change: object, seed: number) =>
      NarrowBertForSequenceClassification.from_config(configOf({ ...change, problem_type }), { seed });
    using student = await make({}, 5);
    using teacher = await make(LARGER, 11);
    const { losses } = await student.gradients(UNLABELLED, { teacher: { model: teacher, weight: 1 } });
    const [own, taught] = [await student.forward(UNLABELLED), await teacher.forward(UNLABELLED)];
    const differences = numbers(own.logits).map((value, i) => (value - numbers(taught.logits)[i]!) ** 2);
    near(losses!.soft, differences.reduce((a, b) => a + b, 0) / 9);
  }
});

Deno.test("batches without rows, without sequences and without a narrow mask have a loss", async () => {
  using student = await NarrowBertForMaskedLM.from_config(CONFIG, { seed: 5 });
  using teacher = await NarrowBertForMaskedLM.from_config(configOf(LARGER), { seed: 11 });
  const lossOf = async (inputs: ModelInputs, weight: number) =>
    (await student.gradients(inputs, { teacher: { model: teacher, weight } })).losses;
  const { input_ids } = UNLABELLED;
  const none = (input_ids as number[][]).map((row) => row.map(() => -100));
  assert.deepEqual(await lossOf({ input_ids, labels: none }, 0.5), { labels: 0, soft: 0 });
  assert.deepEqual(await lossOf({ input_ids: [] }, 1), { soft: 0 });
  const [ordinary, narrow] = [
    await lossOf({ input_ids }, 1),
    await lossOf({
      input_ids,
      narrow_mask: none.map((row) => row.map((_, l) => Number(l === 1))),
    }, 1),
  ];
  assert.ok(ordinary!.soft > 0 && narrow!.soft > 0 && ordinary!.soft !== narrow!.soft);
});

Deno.test("a step that was asked for ends, though its teacher is disposed of; GPU bytes return", async () => {
  const before = gpu.buffers.liveBytes;
  const student = await studentOf();
  const teacher = await teacherOf();
  const optimizer = new AdamW(student);
  const memory = await optimizer.memory(BATCH, { teacher: { model: teacher } });
  assert.equal(memory.weights, student.weightBytes + teacher.weightBytes);
  const steps = [1, 2, 3].map(() => optimizer.step(BATCH, { teacher: { model: teacher } }));
  teacher.dispose();
  for (const { applied } of await Promise.all(steps)) assert.ok(applied);
  assert.equal(gpu.buffers.liveBytes - before, student.weightBytes + memory.optimizer, "no program of the teacher");
  await assert.rejects(optimizer.step(BATCH, { teacher: { model: teacher } }), {
    message: "Cannot take a step: teacher.model must be on the GPU, but it was disposed of",
  });
  assert.ok((await optimizer.step(BATCH)).applied);
  optimizer.dispose();
  student.dispose();
  assert.equal(gpu.buffers.liveBytes, before);
});

Deno.test("models that teach each other while both are pruned do not wait for each other forever", async () => {
  using one = await studentOf();
  using other = await NarrowBertForSequenceClassification.from_config(CONFIG, { seed: 6 });
  const learn = (student: PreTrainedModel, model: PreTrainedModel) => student.gradients(BATCH, { teacher: { model } });
  const soft = async (calls: ReturnType<typeof learn>[]) =>
    (await Promise.all(calls)).map(({ losses }) => losses!.soft);
  const calls = [learn(one, other), learn(other, one)];
  one.prune_heads({ 0: [1] });
  calls.push(learn(one, other), learn(other, one), learn(one, one));
  other.prune_heads({ 1: [0] });
  calls.push(learn(one, other), learn(other, one), learn(other, other));
  const found = await soft(calls);
  assert.deepEqual(await soft([learn(one, other), learn(other, one)]), found.slice(5, 7));
  assert.deepEqual(new Set(found).size, 7, "prunings change the losses; only those of own teachers are alike");
});

Deno.test("choices learn a distribution over the choices of a question", async () => {
  using student = await NarrowBertForMultipleChoice.from_config(CONFIG, { seed: 5 });
  using teacher = await NarrowBertForMultipleChoice.from_config(configOf(LARGER), { seed: 11 });
  const inputs = { input_ids: [[[2, 5, 3], [2, 9, 3], [2, 11, 3]], [[2, 7, 3], [2, 21, 3], [2, 14, 3]]] };
  const { losses } = await student.gradients(inputs, { teacher: { model: teacher, weight: 1, temperature: 1 } });
  const [own, taught] = [await student.forward(inputs), await teacher.forward(inputs)].map(({ logits }) => {
    return [0, 3].map((at) => numbers(logits).slice(at, at + 3));
  }) as [number[][], number[][]];
  near(losses!.soft, own.reduce((sum, row, r) => sum + divergence(taught[r]!, row, 1), 0) / 2);
});
