/** What an adapter can do at most. */

import assert from "node:assert/strict";
import { requestGpu } from "../../src/gpu/device.ts";
import { measurePeak } from "../../src/kernels/peak/peak.ts";

const gpu = await requestGpu();

Deno.test("a measurement counts with the one before, which stays as it is, and gives its memory back", async () => {
  const { liveBytes } = gpu.buffers;
  const best = Object.freeze({ gflops: 1e12, gigabytes: 1e-12 });
  const peak = await measurePeak(gpu, { best, quick: true });
  assert.equal(peak.gflops, best.gflops);
  assert.ok(peak.gigabytes > best.gigabytes && Number.isFinite(peak.gigabytes), `${peak.gigabytes} GB/s`);
  assert.equal(gpu.buffers.liveBytes, liveBytes);
});

Deno.test("a measurement that fails gives its memory back", async () => {
  const { liveBytes } = gpu.buffers;
  const { queue } = gpu.device;
  const { onSubmittedWorkDone } = GPUQueue.prototype;
  GPUQueue.prototype.onSubmittedWorkDone = () => Promise.reject(new Error("lost"));
  try {
    await assert.rejects(measurePeak(gpu, { quick: true }), /^Error: lost$/);
  } finally {
    GPUQueue.prototype.onSubmittedWorkDone = onSubmittedWorkDone;
  }
  await queue.onSubmittedWorkDone();
  assert.equal(gpu.buffers.liveBytes, liveBytes);
});
