/** Losing a device: Deno reports nothing by itself, so every way to notice it is tried. */

import assert from "node:assert/strict";
import {
  AdamW,
  DeviceLostError,
  meanState,
  NarrowBertConfig,
  NarrowBertForSequenceClassification,
  NarrowBertModel,
  pipeline,
  requestGpu as requestPublicGpu,
  SGD,
  states,
  Trunk,
} from "../../mod.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { goldenModel } from "../golden/golden_case.ts";
import { ownDevice } from "./own_device.ts";

const INPUTS = { input_ids: [[1, 2, 3, 4, 5]] };
const CONFIG = new NarrowBertConfig({
  vocab_size: 30,
  hidden_size: 16,
  num_hidden_layers: 2,
  full_length_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 24,
  max_position_embeddings: 16,
});
const LABELLED = { ...INPUTS, labels: [1] };

async function modelOnOwnDevice(): Promise<{ device: GPUDevice; model: NarrowBertModel }> {
  const device = await ownDevice();
  const model = await NarrowBertModel.from_pretrained(goldenModel("base-pooler"), { device });
  await model.forward(INPUTS);
  return { device, model };
}

Deno.test("a call under way when the device is lost says that it was lost", async () => {
  const { device, model } = await modelOnOwnDevice();
  const call = model.forward(INPUTS);
  device.destroy();
  await assert.rejects(call, DeviceLostError);
  model.dispose();
});

Deno.test("a call right after the loss says that the device was lost", async () => {
  const { device, model } = await modelOnOwnDevice();
  device.destroy();
  await assert.rejects(model.forward(INPUTS), DeviceLostError);
  model.dispose();
});

Deno.test("every later call says so too, and the model still gives back what it holds", async () => {
  const { device, model } = await modelOnOwnDevice();
  const gpu = await requestGpu({ device });
  device.destroy();
  await device.lost;
  for (let i = 0; i < 2; i++) await assert.rejects(model.forward(INPUTS), DeviceLostError);
  await assert.rejects(model.state_dict(), DeviceLostError);
  model.dispose();
  assert.equal(gpu.buffers.liveBytes, 0);
});

Deno.test("after the shared device is lost, the next model gets a new one", async () => {
  const first = await requestGpu();
  using lost = await NarrowBertModel.from_pretrained(goldenModel("base-pooler"));
  first.device.destroy();
  await first.device.lost;
  await assert.rejects(lost.forward(INPUTS), DeviceLostError);
  using model = await NarrowBertModel.from_pretrained(goldenModel("base-pooler"));
  await model.forward(INPUTS);
  assert.notEqual(await requestGpu(), first);
});

/** A model that learns, on a device of its own. */
async function learnerOnOwnDevice() {
  const device = await ownDevice();
  const model = await NarrowBertForSequenceClassification.from_config(CONFIG, { device });
  return { device, model, optimizer: new AdamW(model) };
}

const folder = goldenModel("base-pooler");
const LOADS: Record<string, (device: GPUDevice) => Promise<unknown>> = {
  requestGpu: (device) => requestPublicGpu({ device }),
  from_pretrained: (device) => NarrowBertModel.from_pretrained(folder, { device }),
  from_config: (device) => NarrowBertForSequenceClassification.from_config(CONFIG, { device }),
  "Trunk.load": (device) => Trunk.load(folder, { readouts: [meanState], device }),
  "Trunk.from_config": (device) => Trunk.from_config(CONFIG, { readouts: [states], device }),
  pipeline: (device) => pipeline("fill-mask", undefined, { device }),
};

for (const [name, load] of Object.entries(LOADS)) {
  Deno.test(`${name} refuses a device that was lost a moment ago, or long ago`, async () => {
    const device = await ownDevice();
    device.destroy();
    await assert.rejects(load(device), DeviceLostError);
    await device.lost;
    await assert.rejects(load(device), {
      name: "DeviceLostError",
      message: /^The GPU device was lost \(destroyed\): .*Load the model again$/,
    });
    assert.equal(await requestGpu({ device }).catch(() => null), null);
  });
}

for (const [name, load] of Object.entries(LOADS)) {
  if (name === "requestGpu") continue;
  Deno.test(`${name} says so if the device is lost while the weights go there, and keeps nothing`, async () => {
    const device = await ownDevice();
    const gpu = await requestGpu({ device });
    const { createBuffer } = device;
    let made = 0;
    device.createBuffer = (descriptor) => {
      if (++made === 3) device.destroy();
      return createBuffer.call(device, descriptor);
    };
    await assert.rejects(load(device), DeviceLostError);
    assert.ok(made >= 3);
    assert.equal(gpu.buffers.liveBytes, 0);
  });

  Deno.test(`${name} ends with one error, or the first call does, whenever the device is lost`, async () => {
    for (const turns of [0, 1, 2, 5, 10]) {
      const device = await ownDevice();
      const gpu = await requestGpu({ device });
      const loading = load(device);
      for (let i = 0; i < turns; i++) await new Promise((resolve) => setTimeout(resolve, 0));
      device.destroy();
      await loading.then((loaded) => {
        assert.ok(turns > 0);
        (loaded as Disposable)[Symbol.dispose]();
      }, (error) => assert.ok(error instanceof DeviceLostError, `${error}`));
      assert.equal(gpu.buffers.liveBytes, 0, `after ${turns} turns`);
    }
  });
}

Deno.test("nothing new is made on the weights of a model whose device was lost", async () => {
  const { device, model } = await modelOnOwnDevice();
  const learner = await NarrowBertForSequenceClassification.from_config(CONFIG, { device });
  const trunk = await Trunk.from_config(CONFIG, { readouts: [states], device });
  const { buffers } = await requestGpu({ device });
  const fill = await pipeline("fill-mask", undefined, { device });
  device.destroy();
  await device.lost;
  assert.throws(() => new AdamW(learner), DeviceLostError);
  assert.throws(() => new SGD(learner, { lr: 1 }), DeviceLostError);
  assert.throws(() => NarrowBertModel.share(learner), DeviceLostError);
  await assert.rejects(pipeline("feature-extraction", fill), DeviceLostError);
  await assert.rejects(trunk.answer([{ tokens: { input_ids: [1, 2] }, ask: { states: {} } }]), DeviceLostError);
  for (const one of [model, learner, trunk, fill]) one.dispose();
  assert.equal(buffers.liveBytes, 0);
});

Deno.test("all calls under way say that the device was lost, one error each, and later ones too", async () => {
  const { device, model } = await modelOnOwnDevice();
  const gpu = await requestGpu({ device });
  const calls = Array.from({ length: 8 }, (_, i) => {
    return model.forward({ input_ids: [Array.from({ length: 3 + 4 * i }, (_, j) => 1 + j)] });
  });
  device.destroy();
  const results = await Promise.allSettled(calls);
  for (const result of results) {
    assert.equal(result.status, "rejected");
    assert.ok(result.reason instanceof DeviceLostError, String(result.reason));
  }
  await assert.rejects(model.forward(INPUTS), DeviceLostError);
  model.dispose();
  assert.equal(gpu.buffers.liveBytes, 0);
});

Deno.test("training steps under way say that the device was lost, one error each", async () => {
  for (const warm of [false, true]) {
    const { device, model, optimizer } = await learnerOnOwnDevice();
    const gpu = await requestGpu({ device });
    if (warm) await optimizer.step(LABELLED);
    const steps = [optimizer.step(LABELLED), optimizer.step(LABELLED), model.gradients(LABELLED)];
    device.destroy();
    for (const step of await Promise.allSettled(steps)) {
      assert.equal(step.status, "rejected");
      assert.ok(step.reason instanceof DeviceLostError, String(step.reason));
    }
    await assert.rejects(optimizer.step(LABELLED), DeviceLostError);
    await assert.rejects(optimizer.state_dict(), DeviceLostError);
    optimizer.dispose();
    model.dispose();
    assert.equal(gpu.buffers.liveBytes, 0);
  }
});

Deno.test("weights and states that are put in the place of others say that the device was lost meanwhile", async () => {
  for (const at of [1, 5]) {
    const { device, model, optimizer } = await learnerOnOwnDevice();
    const { buffers } = await requestGpu({ device });
    await optimizer.step(LABELLED);
    const [weights, state] = [await model.state_dict(), await optimizer.state_dict()];
    const { queue } = device;
    const { writeBuffer } = queue;
    let writes = 0;
    queue.writeBuffer = (...write: Parameters<typeof writeBuffer>) => {
      if (++writes === at) device.destroy();
      return writeBuffer.apply(queue, write);
    };
    await assert.rejects(at === 1 ? model.load_state_dict(weights) : optimizer.load_state_dict(state), DeviceLostError);
    assert.ok(writes >= at);
    await assert.rejects(model.forward(LABELLED), DeviceLostError);
    optimizer.dispose();
    model.dispose();
    assert.equal(buffers.liveBytes, 0);
  }
});

Deno.test("a stream ends with the error when the device is lost between two answers", async () => {
  const device = await ownDevice();
  using classify = await pipeline("text-classification", undefined, { device });
  const texts = Array.from({ length: 40 }, (_, i) => `a large animal, number ${i}`);
  let answers = 0;
  await assert.rejects(async () => {
    for await (const _ of classify.stream(texts, { window: 4 })) if (++answers === 4) device.destroy();
  }, DeviceLostError);
  assert.ok(answers < texts.length);
});

Deno.test("a model that is loaded right after the shared device was destroyed is on a new one", async () => {
  const first = await requestGpu();
  first.device.destroy();
  using model = await NarrowBertModel.from_pretrained(folder);
  await model.forward(INPUTS);
  assert.notEqual(await requestGpu(), first);
});
