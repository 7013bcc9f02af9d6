import assert from "node:assert/strict";
import { NarrowBertModel } from "../../mod.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { Profiler } from "../../src/gpu/profiling/profiler.ts";
import { goldenModel } from "../golden/golden_case.ts";
import { fakeDevice } from "./fake_devices.ts";

const INPUTS = { input_ids: [[1, 2, 3, 4, 5, 6, 7, 8], [9, 8, 7, 6, 5, 4, 3, 2]] };

Deno.test("a profile has the label and a positive time of every kernel of a call, in order", async () => {
  const { device } = await requestGpu();
  using model = await NarrowBertModel.from_pretrained(goldenModel("base-pooler"));
  const profiler = new Profiler(device);
  try {
    assert.deepEqual(await profiler.collect(), []);
    await model.forward(INPUTS, { profiler });
    const times = await profiler.collect();
    for (const { label, nanoseconds } of times) assert.ok(nanoseconds > 0, `${label} took ${nanoseconds} ns`);
    const labels = times.map(({ label }) => label);
    assert.equal(new Set(labels).size, labels.length, "labels are unique");
    const ends = [labels[0], labels.at(-1)];
    assert.deepEqual(ends, ["narrow_bert.embeddings", "narrow_bert.pooler.dense"]);
    const order = ["encoder.layer.0.", "encoder.layer.1.", "narrow_rows", "encoder_narrow.layer.0."];
    const firsts = order.map((part) => labels.findIndex((label) => label.includes(part)));
    assert.ok(firsts.every((at, i) => at > (firsts[i - 1] ?? 0)), `${order} first come at ${firsts}`);
    assert.deepEqual(await profiler.collect(), [], "a profile is collected once");
  } finally {
    profiler.dispose();
  }
});

Deno.test("a profile sums up the calls since the last one, and a profiled call gives the same bits", async () => {
  const { device } = await requestGpu();
  using model = await NarrowBertModel.from_pretrained(goldenModel("base-pooler"));
  const profiler = new Profiler(device);
  try {
    const plain = await model.forward(INPUTS);
    const profiled = await model.forward(INPUTS, { profiler });
    assert.deepEqual(profiled.pooler_output!.data, plain.pooler_output!.data);
    const once = await profiler.collect();
    await model.forward(INPUTS, { profiler });
    await model.forward(INPUTS, { profiler });
    const twice = await profiler.collect();
    const labels = once.map(({ label }) => label);
    assert.deepEqual(twice.map(({ label }) => label), [...labels, ...labels]);
  } finally {
    profiler.dispose();
  }
});

Deno.test("a device without timestamps cannot be profiled, and says so", () => {
  const device = fakeDevice({ features: new Set() });
  assert.throws(() => new Profiler(device), /Cannot profile kernels: this device lacks the feature timestamp-query/);
});
