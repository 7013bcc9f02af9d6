/** The same training gives the same bits, however its steps are asked for; micro-batches give the same numbers. */

import assert from "node:assert/strict";
import { AdamW, type LossOptions, type ModelInputs, type Optimizer, type PreTrainedModel, SGD } from "../../mod.ts";
import {
  assertSame,
  type Bytes,
  differences,
  MASKED,
  maskedBatch,
  Moments,
  part,
  SINGLE,
  started,
  stepOften,
  type Task,
  TASKS,
  weightsOf,
} from "./helpers.ts";

/** Everything random and everything that differs between steps is on. */
const DROPPED: LossOptions = { dropout: 0.2 };

interface Run {
  task?: Task;
  make?(model: PreTrainedModel): Optimizer;
  inputs?: ModelInputs | readonly ModelInputs[];
  steps?: number;
  together?: number;
  options?: LossOptions;
}

/** What a training leaves: losses and norms, weights, moments. */
async function trained(
  {
    task = MASKED,
    make = (model) => new AdamW(model, { lr: 0.01, seed: 7 }),
    inputs = task.batch,
    steps = 4,
    together = 1,
    options = DROPPED,
  }: Run = {},
): Promise<{ results: { loss: number; grad_norm: number; applied: boolean }[]; weights: Bytes; moments: Bytes }> {
  using model = await task.make();
  using optimizer = make(model);
  const moments = new Moments();
  const results = await moments.note(() => stepOften(optimizer, inputs, { steps, together, ...options }));
  return { results, weights: await weightsOf(model), moments: await moments.read() };
}

type Trained = Awaited<ReturnType<typeof trained>>;

function assertSameTraining(found: Trained, expected: Trained): void {
  assert.deepEqual(found.results, expected.results);
  assertSame(found.weights, expected.weights, "weights");
  assertSame(found.moments, expected.moments, "moments");
}

for (const task of TASKS) {
  Deno.test(`${task.name}: a training with dropout gives the same bits again`, async () => {
    const first = await trained({ task });
    assert.ok(first.results.every(({ applied }) => applied));
    assert.equal(new Set(first.results.map(({ loss }) => loss)).size, first.results.length, "losses differ by step");
    assertSameTraining(await trained({ task }), first);
  });
}

Deno.test("another seed drops other elements, from the first step on", async () => {
  const make = (seed: number) => (model: PreTrainedModel) => new AdamW(model, { lr: 0.01, seed });
  const [one, other, third] = [
    await trained({ make: make(7) }),
    await trained({ make: make(8) }),
    await trained({
      make: make(2 ** 32 - 1),
    }),
  ];
  for (const [a, b] of [[one, other], [one, third], [other, third]] as const) {
    a.results.forEach(({ loss }, i) => assert.notEqual(loss, b.results[i]!.loss, `step ${i}`));
    const differ = differences(a.weights, b.weights);
    // In the absorbed form the loss does not depend on a key's bias.
    const others = [...a.weights.keys()].filter((name) => !name.endsWith("key.bias") && !differ.includes(name));
    assert.deepEqual(others, []);
  }
  const still = { options: { dropout: 0 }, steps: 2 };
  assertSameTraining(await trained({ make: make(8), ...still }), await trained({ make: make(7), ...still }));
});

Deno.test("each step drops other elements", async () => {
  const make = (model: PreTrainedModel) => new AdamW(model, { lr: 0, weight_decay: 0 });
  const { results } = await trained({ make, steps: 5 });
  assert.equal(new Set(results.map(({ loss }) => loss)).size, 5);
  const undropped = await trained({ make, steps: 3, options: { dropout: 0 } });
  assert.equal(new Set(undropped.results.map(({ loss }) => loss)).size, 1);
});

Deno.test("steps that are not waited for one by one give the same bits", async () => {
  const alone = await trained({ steps: 10 });
  assertSameTraining(await trained({ steps: 10, together: 10 }), alone);
  const inputs = [part(MASKED.batch, 0, 1), part(MASKED.batch, 1)];
  const split = await trained({ inputs, steps: 10 });
  assertSameTraining(await trained({ inputs, steps: 10, together: 10 }), split);
});

Deno.test("steps of changing sizes that are not waited for give the same bits", async () => {
  const sizes = [[2, 5], [4, 12], [1, 1], [6, 20], [3, 7]] as const;
  const batches = sizes.map(([sequences, length], i) => maskedBatch(sequences, length, 50 + i));
  const run = async (awaited: boolean) => {
    using model = await MASKED.make();
    using optimizer = new AdamW(model, { lr: 0.01, seed: 7 });
    const steps: Promise<unknown>[] = [];
    for (const batch of [...batches, ...batches]) {
      steps.push(optimizer.step(batch, DROPPED));
      if (awaited) await steps.at(-1);
    }
    return { results: await Promise.all(steps), weights: await weightsOf(model) };
  };
  const [awaited, together] = [await run(true), await run(false)];
  assert.deepEqual(together.results, awaited.results);
  assertSame(together.weights, awaited.weights, "weights");
});

Deno.test("two optimizers in training at once give what each gives alone", async () => {
  const other = { task: SINGLE, make: (model: PreTrainedModel) => new SGD(model, { lr: 0.1, momentum: 0.9 }) };
  const alone = [await trained({ steps: 6 }), await trained({ ...other, steps: 6 })] as const;
  const models = [await MASKED.make(), await SINGLE.make()] as const;
  const optimizers = [new AdamW(models[0], { lr: 0.01, seed: 7 }), other.make(models[1])] as const;
  const [one, two] = await Promise.all([
    stepOften(optimizers[0], MASKED.batch, { steps: 6, together: 3, ...DROPPED }),
    stepOften(optimizers[1], SINGLE.batch, { steps: 6, together: 2, ...DROPPED }),
  ]);
  assert.deepEqual([one, two], alone.map(({ results }) => results));
  for (const [i, model] of models.entries()) assertSame(await weightsOf(model), alone[i]!.weights, `weights ${i}`);
  for (const thing of [...optimizers, ...models]) thing.dispose();
});

const SIX = maskedBatch(6, 9, 20);

/** Sequences of each part of six. */
const SPLITS: readonly (readonly number[])[] = [[1, 1, 1, 1, 1, 1], [2, 2, 2], [3, 3], [1, 5], [4, 2], [5, 1], [6]];

function split(inputs: ModelInputs, counts: readonly number[]): ModelInputs[] {
  let end = 0;
  return counts.map((count) => part(inputs, end, end += count));
}

/** Of losses, norms, and of the largest weight of a tensor. */
const TOLERANCE = 1e-6;

const steady = (model: PreTrainedModel) => new SGD(model, { lr: 0.05, momentum: 0.9, max_grad_norm: 0.5 });

for (const counts of SPLITS) {
  Deno.test(`micro-batches of ${counts} sequences give the numbers of the whole, and the same bits again`, async () => {
    const call = { make: steady, steps: 3, options: { dropout: 0 } };
    const whole = await trained({ ...call, inputs: SIX });
    const parts = await trained({ ...call, inputs: split(SIX, counts) });
    parts.results.forEach(({ loss, grad_norm, applied }, i) => {
      assert.ok(applied);
      near(loss, whole.results[i]!.loss, `loss of step ${i}`);
      near(grad_norm, whole.results[i]!.grad_norm, `norm of step ${i}`);
    });
    assertNear(parts.weights, whole.weights);
    assertSameTraining(await trained({ ...call, inputs: split(SIX, counts) }), parts);
    if (counts.length === 1) assertSameTraining(parts, whole);
  });
}

for (const task of TASKS) {
  Deno.test(`${task.name}: micro-batches give the numbers of the whole`, async () => {
    const rows = (task.batch.labels as unknown[]).length;
    const call = { task, make: steady, steps: 3, options: { dropout: 0 } };
    const whole = await trained(call);
    const parts = await trained({ ...call, inputs: split(task.batch, [1, rows - 1]) });
    parts.results.forEach(({ loss, grad_norm }, i) => {
      near(loss, whole.results[i]!.loss, `loss of step ${i}`);
      near(grad_norm, whole.results[i]!.grad_norm, `norm of step ${i}`);
    });
    assertNear(parts.weights, whole.weights);
  });
}

Deno.test("a whole batch, micro-batches, and a whole batch again share their moments", async () => {
  const mixed = async (kinds: readonly (ModelInputs | ModelInputs[])[]) => {
    using model = await MASKED.make();
    using optimizer = steady(model);
    const losses: number[] = [];
    for (const inputs of kinds) losses.push((await optimizer.step(inputs, { dropout: 0 })).loss);
    return { losses, weights: await weightsOf(model) };
  };
  const whole = await mixed([SIX, SIX, SIX, SIX]);
  const found = await mixed([SIX, split(SIX, [2, 4]), split(SIX, [1, 2, 3]), SIX]);
  found.losses.forEach((loss, i) => near(loss, whole.losses[i]!, `loss of step ${i}`));
  assertNear(found.weights, whole.weights);
});

Deno.test("micro-batches with dropout drop other elements in each part, and give the same bits again", async () => {
  const twice = [part(SIX, 0, 1), part(SIX, 0, 1)];
  const same = { make: (model: PreTrainedModel) => new AdamW(model, { lr: 0, weight_decay: 0 }), steps: 1 };
  const one = await trained({ ...same, inputs: part(SIX, 0, 1) });
  const two = await trained({ ...same, inputs: twice });
  assert.notEqual(two.results[0]!.loss, one.results[0]!.loss);
  const run = { inputs: split(SIX, [2, 1, 3]), steps: 4 };
  assertSameTraining(await trained(run), await trained(run));
});

for (const narrow of ["absorbed", "projected"] as const) {
  for (const dropout of [0, 0.2]) {
    Deno.test(`layers that are computed again give the same bits, ${narrow}, dropout ${dropout}`, async () => {
      const run = (gradient_checkpointing: boolean) =>
        trained({ options: { narrow, dropout, gradient_checkpointing } });
      assertSameTraining(await run(true), await run(false));
    });
  }
}

Deno.test("micro-batches whose layers are computed again give the same bits", async () => {
  const run = (gradient_checkpointing: boolean) =>
    trained({ inputs: split(SIX, [2, 4]), options: { ...DROPPED, gradient_checkpointing } });
  assertSameTraining(await run(true), await run(false));
});

function near(found: number, expected: number, what: string): void {
  const error = Math.abs(found - expected);
  assert.ok(error <= TOLERANCE * Math.abs(expected), `${what}: expected ${expected}, got ${found}`);
}

/** Asserts that no weight is off by more than the tolerance of its tensor's largest one. */
function assertNear(found: Bytes, expected: Bytes): void {
  for (const [name, bytes] of expected) {
    const wanted = new Float32Array(bytes.buffer as ArrayBuffer);
    const got = new Float32Array(found.get(name)!.buffer as ArrayBuffer);
    const largest = Math.max(1e-3, ...wanted.map(Math.abs));
    wanted.forEach((weight, i) => {
      assert.ok(Math.abs(got[i]! - weight) <= TOLERANCE * largest, `${name}[${i}]: expected ${weight}, got ${got[i]}`);
    });
  }
}

Deno.test("steps, states and loads that are all asked for at once, before all is disposed of, come in their order", async () => {
  const run = async (awaited: boolean) => {
    const model = await MASKED.make();
    const optimizer = new AdamW(model, { lr: 0.01, seed: 7 });
    const start = await optimizer.state_dict();
    const asked: Promise<unknown>[] = [];
    const ask = async (what: Promise<unknown>) => {
      asked.push(what);
      if (awaited) await what;
    };
    await ask(optimizer.step(MASKED.batch, DROPPED));
    await ask(optimizer.step(split(SIX, [2, 4]), DROPPED));
    await ask(optimizer.state_dict());
    await ask(optimizer.load_state_dict(start));
    await ask(optimizer.step(MASKED.batch, DROPPED));
    await ask(optimizer.state_dict());
    await ask(optimizer.step(SIX, DROPPED));
    optimizer.dispose();
    model.dispose();
    return await Promise.all(asked);
  };
  assert.deepEqual(await run(false), await run(true));
});

Deno.test("two optimizers of a model take turns, cold or warm, whole or in parts", async () => {
  const run = async (together: boolean) => {
    using first = await started(SINGLE, (model) => new AdamW(model, { lr: 1e-2 }));
    using other = new AdamW(first.model, { lr: 3e-2 });
    const { batch } = SINGLE;
    const asked = [
      () => first.optimizer.step([part(batch, 0, 1), part(batch, 1)]),
      () => other.step(batch),
      () => first.optimizer.step(batch),
    ];
    const results = [];
    if (together) results.push(...await Promise.all(asked.map((ask) => ask())));
    else for (const ask of asked) results.push(await ask());
    return results;
  };
  assert.deepEqual(await run(true), await run(false));
});
