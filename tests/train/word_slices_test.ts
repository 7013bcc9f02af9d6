/** Training of models whose word embeddings are in slices, against that of the same models in one piece. */

import assert from "node:assert/strict";
import { join } from "node:path";
import {
  AdamW,
  type AdamWOptions,
  type LossOptions,
  type ModelInputs,
  NarrowBertForMaskedLM,
  type Optimizer,
  planStep,
  SGD,
  type StepResult,
  type Tensor,
  TrainingFolder,
} from "../../mod.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { inTemporaryFolder } from "../io/temporary.ts";
import { slicedDevice } from "../nn/sliced_device.ts";
import { MASKED, maskedBatch, part } from "./helpers.ts";
import { bitsOf } from "./resumed_training.ts";

/** Slices of 8 of the 30 words, of 64 bytes each. */
const device = await slicedDevice(512);
const gpu = await requestGpu({ device });

const WORDS = "narrow_bert.embeddings.word_embeddings.weight";

/** The same weights each time. */
const modelOf = (device?: GPUDevice, seed = 3, dtype: "f32" | "f16" = "f32") =>
  NarrowBertForMaskedLM.from_config(MASKED.config, { seed, dtype, ...(device && { device }) });

/** Of a loss, a norm, and of the largest number of a tensor after a few steps. */
const TOLERANCE = 1e-5;

function near(found: number, expected: number, what: string): void {
  assert.ok(Math.abs(found - expected) <= TOLERANCE * Math.abs(expected), `${what} must be ${expected}, got ${found}`);
}

function allNear(found: ReadonlyMap<string, Tensor>, expected: ReadonlyMap<string, Tensor>): void {
  assert.deepEqual([...found.keys()], [...expected.keys()]);
  for (const [name, { data, dims }] of expected) {
    const tensor = found.get(name)!;
    assert.deepEqual(tensor.dims, dims, name);
    const numbers = Array.from(data, Number);
    const largest = Math.max(1e-3, ...numbers.map(Math.abs));
    numbers.forEach((value, i) => {
      const error = Math.abs(Number(tensor.data[i]) - value);
      assert.ok(error <= TOLERANCE * largest, `${name}[${i}]: expected ${value}, got ${tensor.data[i]}`);
    });
  }
}

interface Setting {
  what: string;
  make?: (model: NarrowBertForMaskedLM) => Optimizer;
  inputs?: (step: number) => ModelInputs | ModelInputs[];
  options?: LossOptions;
  /** The type of the weights of a teacher in slices; none if left out. */
  taught?: "f32" | "f16";
}

const adamW = (options: AdamWOptions) => (model: NarrowBertForMaskedLM) => new AdamW(model, options);

// The moments' roots scale roundings of small gradients up to whole steps, so the least denominator is not tiny.
const SMOOTH = { lr: 1e-3, eps: 1e-3 };

const batch = (step: number) => maskedBatch(4, 9, step);
const inParts = (step: number) => [part(batch(step), 0, 1), part(batch(step), 1)];

const SETTINGS: readonly Setting[] = [
  { what: "AdamW" },
  { what: "AdamW with dropout", options: { dropout: 0.2 } },
  { what: "AdamW, layers computed again", options: { gradient_checkpointing: true } },
  { what: "AdamW in micro-batches", inputs: inParts },
  { what: "AdamW with a teacher", taught: "f32" },
  { what: "AdamW with a teacher of 16 bits", taught: "f16" },
  { what: "SGD", make: (model) => new SGD(model, { lr: 0.1, momentum: 0.9, weight_decay: 0.01 }) },
  { what: "frozen words", make: adamW({ ...SMOOTH, frozen: [WORDS] }) },
  { what: "words alone", make: adamW({ ...SMOOTH, lr_factors: { "narrow_bert.*": 0, cls: 0, [WORDS]: 3 } }) },
  { what: "words that do not decay", make: adamW({ ...SMOOTH, weight_decay: 0.5, no_decay: [WORDS] }) },
  { what: "clipped gradients", make: adamW({ ...SMOOTH, max_grad_norm: 0.1 }) },
];

for (const { what, make = adamW(SMOOTH), inputs = batch, options = { dropout: 0 }, taught } of SETTINGS) {
  Deno.test(`steps of words in slices are those of one piece: ${what}`, async () => {
    if (taught === "f16" && !gpu.features.has("shader-f16")) {
      await assert.rejects(modelOf(device, 12, taught), /lacks the feature shader-f16/);
      return;
    }
    const results: StepResult[][] = [];
    const weights: Map<string, Tensor>[] = [];
    const states: Map<string, Tensor>[] = [];
    for (const where of [device, undefined]) {
      using model = await modelOf(where);
      using teacher = await modelOf(where, 12, taught);
      using optimizer = make(model);
      const extra = taught ? { teacher: { model: teacher, temperature: 2, weight: 0.5, states: 0.25 } } : {};
      const all: StepResult[] = [];
      for (let step = 0; step < 4; step++) all.push(await optimizer.step(inputs(step), { ...options, ...extra }));
      results.push(all);
      weights.push(await model.state_dict());
      states.push(await optimizer.state_dict());
    }
    const [found, expected] = results as [StepResult[], StepResult[]];
    found.forEach(({ loss, grad_norm, applied }, i) => {
      assert.ok(applied);
      near(loss, expected[i]!.loss, `loss ${i}`);
      near(grad_norm, expected[i]!.grad_norm, `norm ${i}`);
    });
    allNear(weights[0]!, weights[1]!);
    assert.deepEqual([...states[0]!.keys()], [...states[1]!.keys()]);
    using fresh = await modelOf();
    const start = await fresh.state_dict();
    const moved = weights[0]!.get(WORDS)!.data.some((value, i) => value !== start.get(WORDS)!.data[i]);
    assert.equal(moved, what !== "frozen words");
  });
}

Deno.test("the state of an optimizer goes from one piece to slices and back bit by bit, and goes on", async () => {
  using whole = await modelOf();
  using sliced = await modelOf(device, 9);
  using one = new AdamW(whole, SMOOTH);
  using other = new AdamW(sliced, SMOOTH);
  for (let step = 0; step < 3; step++) await one.step(batch(step), { dropout: 0 });
  await other.step(batch(7), { dropout: 0 });
  const [weights, state] = [await whole.state_dict(), await one.state_dict()];
  await sliced.load_state_dict(weights);
  await other.load_state_dict(state);
  assert.deepEqual(bitsOf(await sliced.state_dict()), bitsOf(weights));
  assert.deepEqual(bitsOf(await other.state_dict()), bitsOf(state));
  const results = [await one.step(batch(3), { dropout: 0 }), await other.step(batch(3), { dropout: 0 })];
  near(results[1]!.loss, results[0]!.loss, "loss");
  allNear(await sliced.state_dict(), await whole.state_dict());
  const back = await other.state_dict();
  await one.load_state_dict(back);
  assert.deepEqual(bitsOf(await one.state_dict()), bitsOf(back));
});

Deno.test("a training in slices goes on from its folder bit by bit, and in one piece as nearly as a step", () =>
  inTemporaryFolder(async (folder) => {
    const where = join(folder, "training");
    const goOn = async (optimizer: Optimizer, from: number, to: number) => {
      for (let step = from; step < to; step++) {
        await optimizer.step(step % 2 === 0 ? batch(step) : inParts(step), { dropout: 0.1 });
      }
    };
    using model = await modelOf(device);
    using optimizer = new AdamW(model, SMOOTH);
    await goOn(optimizer, 0, 3);
    {
      using training = await TrainingFolder.open(where);
      await training.save(optimizer, { step: 3 });
    }
    await goOn(optimizer, 3, 6);
    for (const on of [device, undefined]) {
      using training = await TrainingFolder.open(where);
      const last = await training.latest();
      using again = await NarrowBertForMaskedLM.from_pretrained(last!.path, { ...(on && { device: on }) });
      using next = new AdamW(again, SMOOTH);
      await last!.restore(next);
      await goOn(next, 3, 6);
      if (on === undefined) allNear(await again.state_dict(), await model.state_dict());
      else {
        assert.deepEqual(bitsOf(await again.state_dict()), bitsOf(await model.state_dict()));
        assert.deepEqual(bitsOf(await next.state_dict()), bitsOf(await optimizer.state_dict()));
      }
    }
  }));

Deno.test("the memory of a step in slices is known before to the byte, and planned within a bound", async () => {
  const live = () => gpu.buffers.liveBytes + gpu.textures.liveBytes;
  const before = live();
  {
    using model = await modelOf(device);
    using whole = await modelOf();
    for (const inputs of [batch(1), inParts(1)]) {
      using optimizer = new AdamW(model);
      using other = new AdamW(whole);
      const memory = await optimizer.memory(inputs, { dropout: 0 });
      const { weights, optimizer: moments } = await other.memory(inputs, { dropout: 0 });
      assert.deepEqual([memory.weights, memory.optimizer], [weights, moments]);
      await optimizer.step(inputs, { dropout: 0 });
      assert.equal(live() - before, memory.total);
    }
    using optimizer = new AdamW(model);
    const { total } = await optimizer.memory(batch(1), { dropout: 0 });
    const plan = await planStep(optimizer, { inputs: batch(1), budget: total - 1, options: { dropout: 0 } });
    assert.ok(plan.memory.total < total);
    assert.ok((await optimizer.step(plan.inputs, plan.options)).applied);
    assert.ok(live() - before <= total - 1);
  }
  assert.equal(live(), before);
});

Deno.test("gradients come back under the names of the checkpoint, each slice in its rows", async () => {
  using sliced = await modelOf(device);
  using whole = await modelOf();
  const [found, expected] = [await sliced.gradients(batch(5)), await whole.gradients(batch(5))];
  near(found.loss.item() as number, expected.loss.item() as number, "loss");
  allNear(found.gradients, expected.gradients);
  const { data } = found.gradients.get(WORDS)!;
  for (let word = 1; word < 30; word += 7) {
    assert.ok(data.subarray(16 * word, 16 * (word + 1)).some((value) => value !== 0), `word ${word} learns nothing`);
  }
});
