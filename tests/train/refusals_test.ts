/** Steps that cannot be taken are refused by name, before anything is asked of the GPU. */

import assert from "node:assert/strict";
import {
  AdamW,
  type AdamWOptions,
  type ModelInputs,
  NarrowBertForMaskedLM,
  NarrowBertModel,
  type PreTrainedModel,
  SGD,
  writeSafetensors,
} from "../../mod.ts";
import { assertState, gpu, liveBytes, MASKED, part, SINGLE, started, type Task, TASKS, weightsOf } from "./helpers.ts";
import { hasHalves } from "../gpu/halves.ts";

const OPTIONS = { dropout: 0 };

const adamW = (model: PreTrainedModel, options: AdamWOptions = {}) => new AdamW(model, { lr: 0.01, ...options });

const task = (name: string): Task => TASKS.find((task) => task.name === name)!;

const { input_ids, attention_mask, labels } = MASKED.batch as Record<string, number[][]>;

const embeds = (value: number) =>
  input_ids!.map((row) => row.map((id) => Array.from({ length: 16 }, (_, h) => h === 3 ? value : id / 20)));

/** What is asked of an optimizer of a task, and the error. */
type Refusal = [task: Task, inputs: unknown, options: object, name: string, message: string | RegExp];

const REFUSALS: readonly Refusal[] = [
  [MASKED, { input_ids }, {}, "InputError", /^Cannot take a step: labels must be given, got none/],
  [
    MASKED,
    [MASKED.batch, { input_ids }],
    {},
    "InputError",
    /^micro-batch 1: Cannot take a step: labels must be given, got none/,
  ],
  [MASKED, [], {}, "RangeError", "Cannot take a step: there must be a micro-batch, got an empty array"],
  [MASKED, undefined, {}, "InputError", /inputs must be an object with input_ids, got undefined$/],
  [MASKED, [null], {}, "InputError", /inputs must be an object with input_ids, got null$/],
  [
    MASKED,
    [MASKED.batch, MASKED.batch, { inputs_embeds: embeds(1), labels }],
    {},
    "InputError",
    "micro-batch 2: Cannot take a step: it must have input_ids, as micro-batch 0, got inputs_embeds",
  ],
  [
    MASKED,
    [{ inputs_embeds: embeds(1), labels }, MASKED.batch],
    {},
    "InputError",
    "micro-batch 1: Cannot take a step: it must have inputs_embeds, as micro-batch 0, got input_ids",
  ],
  [MASKED, { ...MASKED.batch, label: labels }, {}, "InputError", /there is no input "label"/],
  [
    MASKED,
    { ...MASKED.batch, labels: [[30, ...labels![0]!.slice(1)], ...labels!.slice(1)] },
    {},
    "InputError",
    /labels\[0\]\[0\] must be a whole number from 0 to 29 or -100, got 30$/,
  ],
  [
    MASKED,
    [MASKED.batch, { input_ids, labels: [...labels!.slice(0, 3), [NaN, ...labels![3]!.slice(1)]] }],
    {},
    "InputError",
    /labels\[3\]\[0\] must be a whole number .*got NaN$/,
  ],
  [MASKED, { input_ids, labels: [1, 2, 3, 4] }, {}, "InputError", /labels: shape must be \[4, 7\], got \[4\]$/],
  [
    MASKED,
    { ...MASKED.batch, input_ids: [[30, ...input_ids![0]!.slice(1)], ...input_ids!.slice(1)] },
    {},
    "InputError",
    /input_ids\[0\]\[0\] must be .*got 30$/,
  ],
  [SINGLE, { ...SINGLE.batch, labels: [0, 1, 2, 3] }, {}, "InputError", /labels\[3\] must be .*0 to 2 or -100, got 3$/],
  [
    task("token classification"),
    { input_ids, labels: labels!.map((row) => row.map(() => 5)) },
    {},
    "InputError",
    /labels\[0\]\[0\] must be .*0 to 4 or -100, got 5$/,
  ],
  [
    task("multiple choice"),
    { ...task("multiple choice").batch, labels: [0, 2] },
    {},
    "InputError",
    /labels\[1\] must be .*0 to 1 or -100, got 2$/,
  ],
  ...[NaN, Infinity, -Infinity, 1e39].flatMap((value): Refusal[] => [
    [
      task("regression"),
      { ...task("regression").batch, labels: [[0, 1], [1, value], [0, 0], [2, 2]] },
      {},
      "InputError",
      `Cannot read labels: labels[1][1] must be finite, got ${value}`,
    ],
    [
      task("multi label"),
      { ...task("multi label").batch, labels: [[0, 1, 0], [1, 0, 0], [0, 0, value], [1, 1, 1]] },
      {},
      "InputError",
      `Cannot read labels: labels[2][2] must be finite, got ${value}`,
    ],
    [
      MASKED,
      { inputs_embeds: embeds(value), attention_mask, labels },
      {},
      "InputError",
      `Cannot read inputs_embeds: inputs_embeds[0][0][3] must be finite, got ${value}`,
    ],
  ]),
  [MASKED, MASKED.batch, { narow: "auto" }, "TypeError", /there is no option "narow"; options are narrow, signal, /],
  [MASKED, MASKED.batch, { output_attentions: true }, "TypeError", /there is no option "output_attentions"/],
  [MASKED, MASKED.batch, { narrow: "absorb" }, "RangeError", /narrow must be .*got "absorb"$/],
  [
    MASKED,
    MASKED.batch,
    { dropout: 1.1 },
    "RangeError",
    "Cannot take a step: dropout must be from 0 to 1, got 1.1",
  ],
  [MASKED, MASKED.batch, { dropout: NaN }, "RangeError", /dropout must be from 0 to 1, got NaN$/],
  [MASKED, MASKED.batch, { dropout: null }, "RangeError", /dropout must be from 0 to 1, got null$/],
  [
    MASKED,
    MASKED.batch,
    { teacher: null },
    "TypeError",
    /^Cannot take a step: teacher must be an object with a model, /,
  ],
  [MASKED, MASKED.batch, { dropout: -0.1 }, "RangeError", /got -0.1$/],
  [SINGLE, { input_ids: [[], []], labels: [0, 1] }, {}, "InputError", /every sequence needs a token at position 0/],
];

Deno.test("steps that cannot be taken are refused by name, reach no GPU and change nothing", async () => {
  for (const of of new Set(REFUSALS.map(([task]) => task))) {
    using run = await started(of, adamW);
    using undisturbed = await started(of, adamW);
    const before = { state: await run.state(), counts: gpu.counts };
    for (const [task, inputs, options, name, message] of REFUSALS) {
      if (task !== of) continue;
      const step = run.optimizer.step(inputs as ModelInputs, { ...OPTIONS, ...options });
      await assert.rejects(step, { name, message }, `${message}`);
      await assert.rejects(run.optimizer.memory(inputs as ModelInputs, { ...OPTIONS, ...options }), { name, message });
    }
    assert.deepEqual(gpu.counts, before.counts);
    assertState(await run.state(), before.state, "after refusals");
    assert.deepEqual(
      await run.optimizer.step(of.batch, OPTIONS),
      await undisturbed.optimizer.step(of.batch, OPTIONS),
    );
  }
});

Deno.test("settings that were changed to what cannot be are refused by the next step, and mended by the one after", async () => {
  using run = await started(MASKED, adamW);
  const { optimizer } = run;
  const before = await run.state();
  const { lr, weight_decay, max_grad_norm } = optimizer;
  for (const name of ["lr", "weight_decay", "max_grad_norm"] as const) {
    for (const value of [-1, NaN, Infinity, "1" as unknown as number]) {
      optimizer[name] = value;
      await assert.rejects(optimizer.step(MASKED.batch, OPTIONS), {
        name: "RangeError",
        message: `Cannot take a step: ${name} must be a number from 0, got ${value}`,
      });
    }
    Object.assign(optimizer, { lr, weight_decay, max_grad_norm });
  }
  assertState(await run.state(), before, "after refusals");
  assert.ok((await optimizer.step(MASKED.batch, OPTIONS)).applied);
});

Deno.test("what is no model is refused by what it is", async () => {
  using model = await MASKED.make();
  const cases: [what: unknown, found: string][] = [
    [{}, "an object"],
    [undefined, "undefined"],
    [null, "null"],
    ["bert", "a string"],
    [await model.state_dict(), "a Map"],
    [Promise.resolve(model), "a Promise"],
    [model.trunk, "a Trunk"],
  ];
  for (const [what, found] of cases) {
    const message = (action: string) => `Cannot make an ${action}: model must be a model of this library, got ${found}`;
    assert.throws(() => new AdamW(what as PreTrainedModel), { name: "TypeError", message: message("AdamW") });
    assert.throws(() => new SGD(what as PreTrainedModel), { name: "TypeError", message: message("SGD") });
  }
});

Deno.test("models that cannot be trained are refused by name", async () => {
  using base = await NarrowBertModel.from_config(MASKED.config);
  using ofBase = new AdamW(base);
  await assert.rejects(ofBase.step(MASKED.batch), {
    name: "TypeError",
    message: "Cannot take a step of a NarrowBertModel: it has no loss; load a class with a head",
  });
  const halfModel = () => NarrowBertForMaskedLM.from_config(MASKED.config, { dtype: "f16" });
  if (!await hasHalves(halfModel)) return;
  using half = await halfModel();
  using ofHalf = new AdamW(half);
  for (const call of [() => ofHalf.step(MASKED.batch), () => ofHalf.memory(MASKED.batch)]) {
    await assert.rejects(call(), {
      name: "TypeError",
      message: 'Cannot take a step: the weights must be f32, got f16; load the model with dtype: "f32"',
    });
  }
});

Deno.test("if all weights on which a loss depends are frozen, the step says so and takes nothing", async () => {
  const config = MASKED.config.with({ position_embedding_type: "relative_key" });
  const before = liveBytes();
  {
    using model = await MASKED.make(config);
    // Positions are relative, so nothing reads this table.
    const unread = "narrow_bert.embeddings.position_embeddings.weight";
    const frozen = [...(await model.state_dict()).keys()].filter((name) => name !== unread);
    using optimizer = new AdamW(model, { frozen });
    const weights = await weightsOf(model);
    for (let i = 0; i < 2; i++) {
      await assert.rejects(optimizer.step(MASKED.batch, OPTIONS), {
        name: "Error",
        message: "Cannot take a step: the loss depends on no weight that is not frozen",
      });
    }
    assert.deepEqual(await weightsOf(model), weights);
  }
  assert.equal(liveBytes(), before);
});

Deno.test("optimizers and models that were disposed of are refused by name, and give all bytes back", async () => {
  const before = liveBytes();
  const model = await MASKED.make();
  const [first, second] = [adamW(model), adamW(model)];
  await first.step(MASKED.batch, OPTIONS);
  await second.step(MASKED.batch, OPTIONS);
  first.dispose();
  first.dispose();
  for (const call of [() => first.step(MASKED.batch), () => first.memory(MASKED.batch)]) {
    await assert.rejects(call(), { name: "DisposedError", message: "Cannot use the optimizer: it was disposed of" });
  }
  assert.ok((await second.step(MASKED.batch, OPTIONS)).applied, "another optimizer of the model goes on");
  model.dispose();
  for (const call of [() => second.step(MASKED.batch), () => second.memory(MASKED.batch)]) {
    await assert.rejects(call(), {
      name: "DisposedError",
      message: "Cannot use this NarrowBertForMaskedLM: it was disposed",
    });
  }
  assert.throws(() => adamW(model), { message: "Cannot use this NarrowBertForMaskedLM: it was disposed" });
  second.dispose();
  assert.equal(liveBytes(), before);
});

Deno.test("steps that were asked for before all is disposed of are taken, and then all bytes come back", async () => {
  const before = liveBytes();
  const inputs = [MASKED.batch, [part(MASKED.batch, 0, 1), part(MASKED.batch, 1)], MASKED.batch, MASKED.batch];
  const losses = async (early: boolean) => {
    const model = await MASKED.make();
    const optimizer = adamW(model);
    const steps = inputs.map((asked) => optimizer.step(asked, OPTIONS));
    if (!early) await Promise.all(steps);
    optimizer.dispose();
    model.dispose();
    return (await Promise.all(steps)).map(({ loss }) => loss);
  };
  assert.deepEqual(await losses(true), await losses(false));
  assert.equal(liveBytes(), before);
});

Deno.test("heads that are pruned after the first step need a new optimizer; before it they do not", async () => {
  using model = await MASKED.make();
  using early = adamW(model);
  model.prune_heads({ 0: [1] });
  assert.ok((await early.step(MASKED.batch, OPTIONS)).applied);
  model.prune_heads({ 1: [0] });
  const weights = await weightsOf(model);
  for (const inputs of [MASKED.batch, [part(MASKED.batch, 0, 1), part(MASKED.batch, 1)]]) {
    await assert.rejects(early.step(inputs, OPTIONS), {
      name: "Error",
      message:
        "Cannot use the optimizer: the moments must be those of the model's weights, but heads were pruned since they " +
        "were made; make a new optimizer after prune_heads",
    });
  }
  assert.deepEqual(await weightsOf(model), weights);
  using late = adamW(model);
  assert.ok((await late.step(MASKED.batch, OPTIONS)).applied);
});

Deno.test("weights that are not finite are refused when they are loaded", async () => {
  using model = await MASKED.make();
  const json = new TextEncoder().encode(JSON.stringify(MASKED.config.to_json()));
  const name = "narrow_bert.encoder.layer.0.intermediate.dense.weight";
  for (const value of [NaN, Infinity, -Infinity]) {
    const tensors = [...await model.state_dict()].map(([own, { data, dims }]) => {
      const numbers = Float32Array.from(data as Float32Array);
      if (own === name) numbers[17] = value;
      return [own, { dtype: "F32" as const, shape: [...dims], data: numbers }] as const;
    });
    const files = new Map([["config.json", json], ["model.safetensors", await writeSafetensors(tensors)]]);
    await assert.rejects(NarrowBertForMaskedLM.from_pretrained(files), (error: Error) => {
      assert.equal(error.name, "CheckpointError");
      assert.match(error.message, new RegExp(`${name}.*finite.*got ${value}`));
      return true;
    });
  }
});

Deno.test("a step for whose moments there is no memory takes nothing, and works once there is some", async () => {
  const before = liveBytes();
  {
    using model = await MASKED.make();
    using optimizer = adamW(model);
    using undisturbed = await started(MASKED, adamW);
    gpu.buffers.trim(); // so that buffers are made
    const { createBuffer } = GPUDevice.prototype;
    let refused = 0;
    GPUDevice.prototype.createBuffer = function (descriptor) {
      const isRefused = descriptor.label === "cls.predictions.bias.v";
      refused += Number(isRefused);
      return createBuffer.call(this, { ...descriptor, ...(isRefused && { usage: 0 }) });
    };
    const loaded = liveBytes();
    try {
      for (const inputs of [MASKED.batch, [part(MASKED.batch, 0, 1), part(MASKED.batch, 1)], MASKED.batch]) {
        const message = /^Cannot make room for the moments on the GPU: /;
        await assert.rejects(optimizer.step(inputs, OPTIONS), { name: "Error", message });
        assert.equal(liveBytes(), loaded);
      }
    } finally {
      GPUDevice.prototype.createBuffer = createBuffer;
    }
    assert.equal(refused, 3);
    assert.ok((await optimizer.step(MASKED.batch, OPTIONS)).applied);
    assert.deepEqual(await weightsOf(model), (await undisturbed.state()).weights);
  }
  assert.equal(liveBytes(), before);
});
