/** Weights kept in 16 bits on the GPU. */

import assert from "node:assert/strict";
import { NarrowBertConfig, NarrowBertForMaskedLM, Tensor, writeSafetensors } from "../../mod.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { hasHalves, NO_HALVES } from "../gpu/halves.ts";
import { ownDevice } from "../gpu/own_device.ts";

const CONFIG = new NarrowBertConfig({
  vocab_size: 61,
  hidden_size: 36,
  num_attention_heads: 4,
  intermediate_size: 70,
  max_position_embeddings: 40,
  num_hidden_layers: 4,
  full_length_layers: 2,
});
const input_ids = [Array.from({ length: 30 }, (_, i) => (i * 7) % 61), Array.from({ length: 30 }, (_, i) => 60 - i)];
const inputs = { input_ids, narrow_mask: input_ids.map((row) => row.map((_, i) => i % 5 === 0 ? 1 : 0)) };

/** A model's files with each weight `round`ed, stored as `dtype`. */
async function filesOf(dtype: "F16" | "F32", round: (value: number) => number): Promise<Map<string, Uint8Array>> {
  using model = await NarrowBertForMaskedLM.from_config(CONFIG, { seed: 7 });
  const tensors = [...await model.state_dict()].map(([name, { dims, data }]: [string, Tensor]) => {
    const values = Float32Array.from(data as Float32Array, round);
    return [name, { dtype, shape: dims, data: dtype === "F16" ? new Float16Array(values) : values }] as const;
  });
  const config = new TextEncoder().encode(JSON.stringify(CONFIG.to_json()));
  return new Map([["config.json", config], ["model.safetensors", await writeSafetensors(new Map(tensors))]]);
}

Deno.test("a checkpoint of F16 computes the same bits with f16 weights as with f32, in half the memory", async () => {
  const files = await filesOf("F16", (value) => value);
  if (!await hasHalves(() => NarrowBertForMaskedLM.from_pretrained(files, { dtype: "f16" }))) return;
  using exact = await NarrowBertForMaskedLM.from_pretrained(files);
  using half = await NarrowBertForMaskedLM.from_pretrained(files, { dtype: "f16" });
  for (const narrow of ["absorbed", "projected"] as const) {
    const [a, b] = [await exact.forward(inputs, { narrow }), await half.forward(inputs, { narrow })];
    assert.deepEqual(b.logits.data, a.logits.data);
  }
  assert.ok(half.weightBytes < 0.62 * exact.weightBytes, `${half.weightBytes} of ${exact.weightBytes} bytes`);
  assert.deepEqual(await half.state_dict(), await exact.state_dict());
});

Deno.test("f16 weights move no logit by more than 2e-3 of the largest", async () => {
  const files = await filesOf("F32", (value) => value);
  if (!await hasHalves(() => NarrowBertForMaskedLM.from_pretrained(files, { dtype: "f16" }))) return;
  using exact = await NarrowBertForMaskedLM.from_pretrained(files, { dtype: "f32" });
  using half = await NarrowBertForMaskedLM.from_pretrained(files, { dtype: "f16" });
  const [a, b] = [(await exact.forward(inputs)).logits, (await half.forward(inputs)).logits];
  const largest = Math.max(...(a.data as Float32Array).map(Math.abs));
  const moved = Math.max(...(a.data as Float32Array).map((value, i) => Math.abs(value - Number(b.data[i]))));
  assert.ok(moved > 0 && moved <= 2e-3 * largest, `moved by ${moved} of ${largest}`);
});

Deno.test("a weight beyond f16 is an error by name, and leaves no GPU memory taken", async () => {
  const files = await filesOf("F32", (value) => value > 0.05 ? 70_000 : value);
  if (!await hasHalves(() => NarrowBertForMaskedLM.from_pretrained(files, { dtype: "f16" }))) return;
  const { buffers } = await requestGpu();
  const live = buffers.liveBytes;
  await assert.rejects(NarrowBertForMaskedLM.from_pretrained(files, { dtype: "f16" }), {
    name: "RangeError",
    message: /^Cannot load weight ".+" as f16: its elements must be at most 65504 in size, got 70000; .*dtype "f32"$/,
  });
  assert.equal(buffers.liveBytes, live);
});

Deno.test("weights beyond f16 that are put in the place of others change nothing, and the model goes on", async () => {
  if (!await hasHalves(() => NarrowBertForMaskedLM.from_config(CONFIG, { dtype: "f16" }))) return;
  using model = await NarrowBertForMaskedLM.from_config(CONFIG, { dtype: "f16", seed: 7 });
  const before = await model.state_dict();
  const { logits } = await model.forward(inputs);
  const name = [...before.keys()].findLast((name) => name.endsWith(".output.dense.weight")) as string;
  for (const beyond of [65520, -1e6]) {
    const wrong = new Map([...before].map(([name, { data, dims }]) => {
      return [name, new Tensor("float32", Float32Array.from(data as Float32Array, (value) => value / 2), dims)];
    }));
    (wrong.get(name)!.data as Float32Array)[5] = beyond;
    await assert.rejects(model.load_state_dict(wrong), {
      name: "RangeError",
      message: `Cannot load weight "${name}" as f16: its elements must be at most 65504 in size, got ${beyond}; ` +
        'load the model with dtype "f32"',
    });
    assert.deepEqual((await model.forward(inputs)).logits.data, logits.data);
    assert.deepEqual(await model.state_dict(), before);
  }
  await model.load_state_dict(before);
  assert.deepEqual((await model.forward(inputs)).logits.data, logits.data);
});

Deno.test("f16 weights on a device without shader-f16 are refused with the cure", async () => {
  const device = await ownDevice();
  await assert.rejects(NarrowBertForMaskedLM.from_config(CONFIG, { device, dtype: "f16" }), NO_HALVES);
  device.destroy();
});

Deno.test("a device may be named as transformers.js names it", async () => {
  using model = await NarrowBertForMaskedLM.from_config(CONFIG, { device: "webgpu" });
  assert.equal((await model.forward({ input_ids: [[1, 2]] })).logits.dims[0], 1);
});

Deno.test("a device that is none is refused with what it must be", async () => {
  const options = { device: "wasm" as unknown as GPUDevice };
  await assert.rejects(NarrowBertForMaskedLM.from_config(CONFIG, options), {
    name: "TypeError",
    message:
      'Cannot make a model with device "wasm": it must be a GPUDevice, or "webgpu"; left out, the model opens one itself',
  });
});
