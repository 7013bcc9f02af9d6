/** The state of optimizers and the weights of models as tensors, read and put back. */

import assert from "node:assert/strict";
import {
  AdamW,
  NarrowBertForMaskedLM,
  NarrowBertForSequenceClassification,
  NarrowBertModel,
  NonFiniteGuard,
  readSafetensors,
  SGD,
  type StepResult,
  Tensor,
} from "../../mod.ts";
import { encodeBfloat16 } from "../../src/base/dtype.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { goldenModel } from "../golden/golden_case.ts";
import { inTemporaryFolder } from "../io/temporary.ts";
import { allBits, ask, bitsOf, CONFIG, optimizerOf, startModel, train } from "./resumed_training.ts";
import { BATCH, OPTIONS, smallModel } from "./small_training.ts";

const gpu = await requestGpu();

Deno.test("the state of a new optimizer is zeros, in the shapes of the checkpoint", async () => {
  const before = gpu.buffers.liveBytes;
  {
    using model = await smallModel();
    using optimizer = new AdamW(model, { frozen: ["narrow_bert.embeddings"], seed: 9 });
    const state = await optimizer.state_dict();
    const weights = [...await model.state_dict()].filter(([name]) => !name.startsWith("narrow_bert.embeddings."));
    const expected = weights.flatMap(([name, { dims }]) => [[`${name}.m`, dims], [`${name}.v`, dims]]);
    expected.push(["optimizer.state", [2, 4]], ["optimizer.dropout", [2]]);
    assert.deepEqual(
      new Map([...state].map(([name, { dims }]) => [name, dims])),
      new Map(expected as [string, number[]][]),
    );
    assert.deepEqual(state.get("optimizer.dropout")!.tolist(), [9n, 0n]);
    state.delete("optimizer.dropout");
    for (const [name, { data }] of state) assert.ok(Array.from(data, Number).every((value) => value === 0), name);
  }
  assert.equal(gpu.buffers.liveBytes, before);
});

Deno.test("moments are those of the tensors that they are named after", async () => {
  using model = await smallModel();
  using optimizer = new SGD(model, { max_grad_norm: 0, lr: 0 });
  const { gradients } = await model.gradients(BATCH, OPTIONS);
  await optimizer.step(BATCH, OPTIONS);
  // The first momentum is the gradient.
  const state = await optimizer.state_dict();
  for (const [name, { data, dims }] of gradients) {
    const momentum = state.get(`${name}.momentum`)!;
    assert.deepEqual(momentum.dims, dims, name);
    assert.deepEqual(momentum.data, data, name);
  }
});

Deno.test("weights and state that are put in another optimizer's place go on bit by bit", async () => {
  using model = await startModel();
  using optimizer = optimizerOf(model);
  await train(optimizer, 0, 5);
  const [weights, state] = [await model.state_dict(), await optimizer.state_dict()];
  const losses = await train(optimizer, 5, 9);
  const bits = await allBits(optimizer);
  using other = await NarrowBertForSequenceClassification.from_config(CONFIG, { seed: 1 });
  using next = optimizerOf(other, { seed: 4 });
  await train(next, 0, 2); // its programs and textures hold other weights
  const old = bitsOf(await other.state_dict());
  const [before] = await Promise.all([other.state_dict(), other.load_state_dict(weights)]);
  assert.deepEqual(bitsOf(before), old);
  // A step that is under way changes weights and moments before they are written over, and one that is asked for
  // before that is done has the new ones.
  const late = ask(next, 2);
  const loading = next.load_state_dict(state);
  const soon = ask(next, 3);
  await Promise.all([late, loading, soon]);
  const passes = (tensors: Map<string, Tensor>) => Number(tensors.get("optimizer.dropout")!.data[1]);
  assert.equal(passes(await next.state_dict()), passes(state) + 2, "two parts");
  const again = [ask(next, 4), next.load_state_dict(state)];
  await Promise.all(again);
  await other.load_state_dict(weights);
  assert.deepEqual(await train(next, 5, 9), losses);
  assert.deepEqual(await allBits(next), bits);
});

Deno.test("models that share weights have those that are loaded, and other heads stay as they are", async () => {
  using model = await NarrowBertForMaskedLM.from_pretrained(goldenModel("masked-lm"));
  using base = NarrowBertModel.share(model);
  const weights = await model.state_dict();
  const body = new Map([...await base.state_dict()].map(([name, { type, data, dims }]) => {
    return [name, new Tensor(type, (data as Float32Array).map((value) => value / 2), dims)];
  }));
  await base.load_state_dict(body);
  for (const [name, tensor] of await model.state_dict()) {
    assert.deepEqual(tensor, body.get(name) ?? weights.get(name), name);
  }
  await model.load_state_dict(weights);
  assert.deepEqual(bitsOf(await model.state_dict()), bitsOf(weights));
});

Deno.test("calls after a load compute with the new weights, those of textures too", async () => {
  // So many rows of such a width that software adapters read weights from textures.
  const input_ids = Array.from({ length: 32 }, (_, i) => Array.from({ length: 8 }, (_, j) => (3 * i + j) % 23));
  const config = CONFIG.with({ hidden_size: 128, intermediate_size: 256 });
  using model = await NarrowBertForSequenceClassification.from_config(config, { seed: 1 });
  using other = await NarrowBertForSequenceClassification.from_config(config, { seed: 2 });
  const first = await model.forward({ input_ids });
  const expected = await other.forward({ input_ids });
  assert.notDeepEqual(first, expected);
  const [before, , after] = await Promise.all([
    model.forward({ input_ids }),
    model.load_state_dict(await other.state_dict()),
    model.forward({ input_ids }),
  ]);
  assert.deepEqual(before, first);
  assert.deepEqual(after, expected);
});

Deno.test("tensors that do not fit are all named at once, and change nothing", async () => {
  using model = await startModel();
  using optimizer = optimizerOf(model);
  await train(optimizer, 0, 2);
  const before = await allBits(optimizer);
  const state = await optimizer.state_dict();
  const [query, bias] = ["narrow_bert.encoder.layer.0.attention.self.query.weight.m", "classifier.bias.v"];
  const wrong = new Map<string, Tensor>(state);
  wrong.delete("classifier.weight.m");
  wrong.set("classifier.weight.q", state.get("classifier.weight.m")!);
  wrong.set(query, new Tensor("float32", new Float32Array(20), [2, 10]));
  wrong.set(bias, new Tensor("float32", [1, NaN, 2], [3]));
  wrong.set("optimizer.dropout", new Tensor("float32", [1, 2], [2]));
  await assert.rejects(optimizer.load_state_dict(wrong), {
    name: "CheckpointError",
    message: 'Cannot load this state of an optimizer:\n  - 1 tensor is missing: "classifier.weight.m"' +
      '\n  - 1 tensor is of no use: "classifier.weight.q"' +
      `\n  - "${query}" must have the shape [10, 10], got [2, 10]` +
      `\n  - "${bias}" must be finite, but element [1] is NaN` +
      '\n  - "optimizer.dropout" must be of type int64, got float32',
  });
  const seed = new Map([...state, ["optimizer.dropout", new Tensor("int64", [-1, 2], [2])] as const]);
  await assert.rejects(optimizer.load_state_dict(seed), /must be a seed from 0 below 2\^32 .*, got -1 and 2$/);
  await assert.rejects(optimizer.load_state_dict({} as Map<string, Tensor>), {
    name: "TypeError",
    message: "Cannot load this state of an optimizer: it must be a Map of tensors by name, got an object",
  });
  const weights = await model.state_dict();
  weights.delete("classifier.bias");
  await assert.rejects(model.load_state_dict(weights), {
    name: "CheckpointError",
    message: 'Cannot load these weights: 1 tensor is missing: "classifier.bias"',
  });
  await assert.rejects(model.load_state_dict(new Map()), {
    message:
      /^Cannot load these weights: 73 tensors are missing: "narrow_bert.embeddings.word_embeddings.weight", .* and 69 more$/,
  });
  assert.deepEqual(await allBits(optimizer), before);
});

/** Does work while no moments can be allocated. */
async function withoutRoom<T>(work: () => Promise<T>): Promise<T> {
  gpu.buffers.trim(); // so that buffers are made
  const { createBuffer } = GPUDevice.prototype;
  GPUDevice.prototype.createBuffer = function (descriptor) {
    const isRefused = descriptor.label === "classifier.bias.v";
    return createBuffer.call(this, { ...descriptor, ...(isRefused && { usage: 0 }) });
  };
  try {
    return await work();
  } finally {
    GPUDevice.prototype.createBuffer = createBuffer;
  }
}

Deno.test("what is refused counts as no pass, and a load that fails leaves seed and passes as they were", async () => {
  using model = await startModel();
  using other = new AdamW(model, { seed: 4 });
  for (let i = 0; i < 2; i++) await other.step(BATCH);
  const state = await other.state_dict();
  using optimizer = new AdamW(model, { seed: 9 }); // has no moments yet
  const dropout = async () => (await optimizer.state_dict()).get("optimizer.dropout")!.tolist();
  for (const probability of [2, -1, NaN, null as unknown as number, "0" as unknown as number]) {
    const inputs = [BATCH, BATCH];
    await assert.rejects(optimizer.step(inputs, { dropout: probability }), {
      name: "RangeError",
      message: `Cannot take a step: dropout must be from 0 to 1, got ${probability}`,
    });
  }
  const message = /^Cannot make room for the moments on the GPU: /;
  await withoutRoom(async () => {
    await assert.rejects(optimizer.load_state_dict(state), { message });
    // Two loads that fail, and steps between, each a pass that is not taken back.
    const refused: Promise<unknown>[] = [optimizer.load_state_dict(state), optimizer.step(BATCH)];
    refused.push(optimizer.load_state_dict(state), optimizer.step(BATCH), optimizer.step(BATCH));
    for (const promise of refused.map((promise) => assert.rejects(promise, { message }))) await promise;
  });
  assert.deepEqual(await dropout(), [9n, 3n]);
  const [seed, passes] = state.get("optimizer.dropout")!.tolist() as bigint[];
  const loads: Promise<unknown>[] = [optimizer.load_state_dict(state), optimizer.step(BATCH)];
  loads.push(optimizer.load_state_dict(state), optimizer.step(BATCH), optimizer.step(BATCH));
  const soon = dropout();
  await Promise.all(loads);
  assert.deepEqual(await soon, [seed, passes! + 2n]);
  assert.deepEqual(await dropout(), [seed, passes! + 2n]);
});

Deno.test("steps that are not applied change nothing but their record, which is saved too; a guard stops after three", async () => {
  using model = await startModel();
  using optimizer = optimizerOf(model);
  await train(optimizer, 0, 2);
  const weights = await model.state_dict();
  const { type, dims, data } = weights.get("classifier.weight")!;
  weights.set("classifier.weight", new Tensor(type, (data as Float32Array).map((value) => value * 1e38), dims));
  await model.load_state_dict(weights);
  const before = await allBits(optimizer);
  const guard = new NonFiniteGuard();
  const results: StepResult[] = [];
  for (let i = 0; i < 3; i++) results.push(await optimizer.step(BATCH));
  assert.deepEqual(results.map(({ applied }) => applied), [false, false, false]);
  guard.check(results[0]!, "step 3");
  guard.check({ loss: 1, grad_norm: 1, applied: true }, "step 4");
  guard.check(results[1]!, "step 5");
  guard.check(results[2]!, "step 6");
  assert.equal(guard.inARow, 2);
  const next = new NonFiniteGuard({ steps: guard.steps });
  assert.throws(() => next.check(results[2]!, "step 7"), /3 steps in a row were not: step 5 .*; step 6 .*; step 7 /);
  assert.throws(() => guard.check(results[2]!, "step 7"), {
    name: "NonFiniteError",
    message:
      /^Cannot go on with the training: loss and gradients must be finite, but 3 steps in a row were not: step 5 \(loss .*\); step 6 \(.*\); step 7 \(.*\)\. /,
  });
  assert.throws(() => new NonFiniteGuard({ limit: 0 }), /limit must be a whole number from 1, got 0/);
  const state = await optimizer.state_dict();
  const after = await allBits(optimizer);
  const changed = [...after].filter(([name, bits]) => bits.some((byte, i) => byte !== before.get(name)![i]));
  assert.deepEqual(changed.map(([name]) => name), ["optimizer.dropout", "optimizer.state"]);
  assert.equal(state.get("optimizer.state")!.data[4], 2, "updates");
  await optimizer.load_state_dict(state);
  assert.deepEqual(await allBits(optimizer), after);
});

Deno.test("pruning makes the moments those of no model", async () => {
  using model = await smallModel();
  using optimizer = new AdamW(model);
  await optimizer.step(BATCH, OPTIONS);
  const state = await optimizer.state_dict();
  model.prune_heads({ 0: [1] });
  await assert.rejects(optimizer.state_dict(), /heads were pruned since they were made/);
  await assert.rejects(optimizer.load_state_dict(state), { name: "CheckpointError" });
  optimizer.dispose();
  await assert.rejects(optimizer.state_dict(), /Cannot use the optimizer: it was disposed of/);
});

for (
  const [dtype, torch, round] of [
    ["F16", "float16", (values: Float32Array) => new Float32Array(new Float16Array(values))],
    ["BF16", "bfloat16", (values: Float32Array) => {
      const words = Uint32Array.from(encodeBfloat16(values), (bits) => bits << 16);
      return new Float32Array(words.buffer);
    }],
    ["F32", "float32", (values: Float32Array) => values],
  ] as const
) {
  Deno.test(`a model that is saved in ${dtype} has its weights rounded, and is loaded again`, () =>
    inTemporaryFolder(async (folder) => {
      using model = await startModel();
      await model.save_pretrained(folder, { dtype });
      const written = Deno.readFileSync(`${folder}/model.safetensors`);
      await model.save_pretrained(folder, { dtype: dtype.toLowerCase() as Lowercase<typeof dtype> });
      assert.deepEqual(Deno.readFileSync(`${folder}/model.safetensors`), written);
      const file = await readSafetensors(`${folder}/model.safetensors`);
      for (const { dtype: stored } of file.values()) assert.equal(stored, dtype);
      assert.equal(JSON.parse(Deno.readTextFileSync(`${folder}/config.json`)).torch_dtype, torch);
      using again = await NarrowBertForSequenceClassification.from_pretrained(folder, { strict: true });
      const loaded = await again.state_dict();
      for (const [name, { data }] of await model.state_dict()) {
        assert.deepEqual(loaded.get(name)!.data, round(data as Float32Array), name);
      }
    }));
}

Deno.test("a weight beyond F16, and a type that is none, are refused before anything is written", () =>
  inTemporaryFolder(async (folder) => {
    using model = await startModel();
    const weights = await model.state_dict();
    weights.set("classifier.bias", new Tensor("float32", [1, 2, -65520], [3]));
    await model.load_state_dict(weights);
    await assert.rejects(model.save_pretrained(folder, { dtype: "F16" }), {
      name: "RangeError",
      message:
        'Cannot save weight "classifier.bias" as F16: element [2] must be in its range, got -65520; save the model ' +
        'with dtype "F32"',
    });
    const odd: object = { dtype: "F64" };
    await assert.rejects(model.save_pretrained(folder, odd), {
      name: "RangeError",
      message: 'Cannot save a model: dtype must be one of F32, F16, BF16, got "F64"',
    });
    for (const dtype of ["Bf16", "auto", "", null, 16]) {
      await assert.rejects(model.save_pretrained(folder, { dtype } as object), { name: "RangeError" });
    }
    assert.deepEqual([...Deno.readDirSync(folder)], []);
    await model.save_pretrained(folder, { dtype: "BF16" });
  }));
