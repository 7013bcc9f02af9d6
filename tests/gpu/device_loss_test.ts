/** Losing a device: Deno reports nothing by itself, so every way to notice it is tried. */

import assert from "node:assert/strict";
import { DeviceLostError, NarrowBertModel } from "../../mod.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { goldenModel } from "../golden/golden_case.ts";

const INPUTS = { input_ids: [[1, 2, 3, 4, 5]] };

async function modelOnOwnDevice(): Promise<{ device: GPUDevice; model: NarrowBertModel }> {
  const adapter = await navigator.gpu.requestAdapter();
  const device = await adapter!.requestDevice();
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
