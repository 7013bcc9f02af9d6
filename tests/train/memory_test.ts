/** GPU memory of training: computed before it is taken, taken once, and given back. */

import assert from "node:assert/strict";
import {
  AdamW,
  type AdamWOptions,
  type LossOptions,
  type ModelInputs,
  type NarrowBertForMaskedLM,
  type Optimizer,
  type PreTrainedModel,
  SGD,
} from "../../mod.ts";
import { gpu, liveBytes, MASKED, maskedBatch, part, SINGLE, type Task, TASKS, WIDE } from "./helpers.ts";

const adamW = (options: AdamWOptions = {}) => (model: PreTrainedModel) => new AdamW(model, options);

const LARGE = maskedBatch(8, 21, 4);
const PARTS = [part(LARGE, 0, 3), part(LARGE, 3, 4), part(LARGE, 4)];

const TEXTURED = { task: WIDE, inputs: WIDE.batch };

interface Setting {
  what: string;
  task?: Task;
  make?(model: PreTrainedModel): Optimizer;
  inputs?: ModelInputs | readonly ModelInputs[];
  options?: LossOptions;
}

const SETTINGS: readonly Setting[] = [
  { what: "a plain step", options: { dropout: 0 } },
  { what: "dropout", options: { dropout: 0.3 } },
  { what: "the dropout of the config" },
  { what: "layers computed again", options: { gradient_checkpointing: true } },
  { what: "micro-batches", inputs: PARTS },
  { what: "micro-batches and layers computed again", inputs: PARTS, options: { gradient_checkpointing: true } },
  { what: "frozen embeddings", make: adamW({ frozen: ["narrow_bert.embeddings"] }) },
  { what: "SGD", make: (model) => new SGD(model, { momentum: 0.9 }) },
  ...(["absorbed", "projected"] as const).flatMap((narrow): Setting[] => [
    { what: `${narrow}, textures`, ...TEXTURED, options: { narrow, dropout: 0 } },
    {
      what: `${narrow}, textures, layers computed again`,
      ...TEXTURED,
      options: { narrow, gradient_checkpointing: true },
    },
  ]),
  { what: "micro-batches, textures", task: WIDE, inputs: [part(WIDE.batch, 0, 10), part(WIDE.batch, 10)] },
  ...TASKS.slice(1).map((task): Setting => ({ what: task.name, task, inputs: task.batch })),
];

for (const { what, task = MASKED, make = adamW(), inputs = LARGE, options = {} } of SETTINGS) {
  Deno.test(`the memory of a step is known before to the byte: ${what}`, async () => {
    const before = liveBytes();
    {
      using model = await task.make();
      using optimizer = make(model);
      const loaded = liveBytes();
      const memory = await optimizer.memory(inputs, options);
      assert.equal(liveBytes(), loaded, "nothing is allocated by asking");
      assert.equal(memory.weights, loaded - before);
      assert.equal(memory.total, memory.weights + memory.optimizer + memory.activations);
      const textures = gpu.textures.liveBytes;
      await optimizer.step(inputs, options);
      assert.equal(liveBytes() - before, memory.total);
      assert.equal(gpu.textures.liveBytes > textures, task === WIDE && gpu.adapterClass === "software");
      assert.deepEqual(await optimizer.memory(inputs, options), memory, "asked again afterwards");
      optimizer.dispose();
      assert.equal(liveBytes() - before, memory.weights, "moments and programs are gone, the model stays");
    }
    assert.equal(liveBytes(), before);
  });
}

Deno.test("50 warm steps leave live bytes as they were, and create nothing", async () => {
  using model = await WIDE.make();
  using optimizer = new AdamW(model);
  const whole = maskedBatch(6, 20);
  const split = [part(whole, 0, 3), part(whole, 3)];
  const options = { dropout: 0.1 };
  for (const inputs of [whole, split]) for (let i = 0; i < 2; i++) await optimizer.step(inputs, options);
  await warm(async () => {
    for (let i = 0; i < 25; i++) {
      await optimizer.step(whole, options);
      await optimizer.step(split, options);
    }
  });
});

Deno.test("warm steps with smaller batches of changing sizes create nothing", async () => {
  for (const task of [MASKED, SINGLE]) {
    using model = await task.make();
    using optimizer = new AdamW(model);
    const batch = (sequences: number, length: number, seed: number): ModelInputs => {
      const masked = maskedBatch(sequences, length, seed);
      return task === MASKED ? masked : { ...masked, labels: Array.from({ length: sequences }, (_, b) => b % 3) };
    };
    for (const narrow of ["absorbed", "projected"] as const) {
      const options = { dropout: 0.1, narrow };
      // The largest, and one of the kernels of products with few rows.
      for (const [sequences, length] of [[6, 20], [1, 1]] as const) {
        await optimizer.step(batch(sequences, length, 1), options);
      }
      await warm(async () => {
        for (let seed = 2; seed < 14; seed++) {
          await optimizer.step(batch(1 + seed % 6, 1 + (7 * seed) % 20, seed), options);
        }
      });
    }
  }
});

Deno.test("steps in turn with evaluations create nothing once both are warm", async () => {
  using model = await WIDE.make() as NarrowBertForMaskedLM;
  using optimizer = new AdamW(model);
  const batch = maskedBatch(6, 20);
  const both = async () => {
    await Promise.all([optimizer.step(batch), model.forward(batch), optimizer.step(batch)]);
    await model.forward(batch);
  };
  for (let i = 0; i < 2; i++) await both();
  await warm(async () => {
    for (let i = 0; i < 10; i++) await both();
  });
});

/** Asserts that nothing is made on the GPU meanwhile. Staging buffers of calls that overlap may be. */
async function warm(body: () => Promise<void>): Promise<void> {
  const { createTexture, createComputePipelineAsync, createComputePipeline } = GPUDevice.prototype;
  let made = 0;
  GPUDevice.prototype.createTexture = function (descriptor) {
    made++;
    return createTexture.call(this, descriptor);
  };
  GPUDevice.prototype.createComputePipelineAsync = function (descriptor) {
    made++;
    return createComputePipelineAsync.call(this, descriptor);
  };
  GPUDevice.prototype.createComputePipeline = function (descriptor) {
    made++;
    return createComputePipeline.call(this, descriptor);
  };
  const before = { ...gpu.counts, textures: gpu.textures.liveBytes };
  try {
    await body();
  } finally {
    Object.assign(GPUDevice.prototype, { createTexture, createComputePipelineAsync, createComputePipeline });
  }
  assert.deepEqual({ ...gpu.counts, textures: gpu.textures.liveBytes }, before);
  assert.equal(made, 0, "textures and pipelines");
}

Deno.test("rounds of training and disposing, some of them aborted, give all bytes back", async () => {
  const before = liveBytes();
  for (let round = 0; round < 8; round++) {
    using model = await MASKED.make();
    using optimizer = round % 2 === 0 ? new AdamW(model) : new SGD(model, { momentum: 0.5 });
    const controller = new AbortController();
    const steps = [LARGE, PARTS, LARGE].map((inputs) => optimizer.step(inputs, { signal: controller.signal }));
    if (round > 3) setTimeout(() => controller.abort(), round);
    await Promise.allSettled(steps);
  }
  assert.equal(liveBytes(), before);
});

Deno.test("the programs of optimizers that were disposed of are dropped, and those of teachers too", async () => {
  using model = await MASKED.make() as NarrowBertForMaskedLM;
  const forward = async () => void await model.forward(part(LARGE, 0, 1));
  await forward();
  const start = { live: liveBytes(), activations: model.activationBytes };
  for (let round = 0; round < 30; round++) {
    using optimizer = round % 2 === 0 ? new AdamW(model) : new SGD(model, { momentum: 0.5 });
    const steps = [
      optimizer.step(LARGE),
      optimizer.step(PARTS),
      optimizer.step(LARGE, { gradient_checkpointing: true }),
    ];
    if (round % 3 > 0) await Promise.all(steps);
    optimizer.dispose();
    await Promise.all(steps);
    assert.deepEqual({ live: liveBytes(), activations: model.activationBytes }, start, `round ${round}`);
  }
  using optimizer = new AdamW(model);
  await optimizer.step(LARGE);
  await model.gradients(LARGE);
  const own = { live: liveBytes(), activations: model.activationBytes };
  for (let round = 0; round < 4; round++) {
    const teacher = { model: await MASKED.make(MASKED.config, round) };
    const steps = [optimizer.step(LARGE, { teacher }), model.gradients(LARGE, { teacher })];
    if (round > 1) await Promise.all(steps);
    teacher.model.dispose();
    await Promise.all(steps);
    assert.deepEqual({ live: liveBytes(), activations: model.activationBytes }, own, `teacher ${round}`);
  }
  const made = gpu.counts;
  await forward();
  await optimizer.step(LARGE);
  assert.deepEqual(gpu.counts, made, "the others' programs are kept");
});

Deno.test("the moments of an optimizer are begun by one submission", async () => {
  using model = await MASKED.make();
  using optimizer = new AdamW(model);
  const { clearBuffer } = GPUCommandEncoder.prototype;
  const cleared = new Map<GPUCommandEncoder, number>();
  GPUCommandEncoder.prototype.clearBuffer = function (...args) {
    cleared.set(this, 1 + (cleared.get(this) ?? 0));
    return clearBuffer.apply(this, args);
  };
  try {
    const state = await optimizer.state_dict();
    assert.equal(cleared.size, 1);
    assert.ok([...cleared.values()][0]! > 50);
    for (const { data } of state.values()) assert.ok(Array.from(data, Number).every((value) => value === 0));
  } finally {
    GPUCommandEncoder.prototype.clearBuffer = clearBuffer;
  }
});
