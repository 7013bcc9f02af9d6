/** The scheduler on a real device: kernels that take their time, over one buffer that all jobs share. */

import assert from "node:assert/strict";
import { DeviceLostError } from "../../mod.ts";
import { Gpu } from "../../src/gpu/device.ts";
import type { Job } from "../../src/gpu/scheduler/job.ts";
import { Recorder } from "../../src/gpu/recorder.ts";
import { Meter } from "../../src/gpu/scheduler/meter.ts";
import { Scheduler } from "../../src/gpu/scheduler/scheduler.ts";
import { workClock } from "../../src/gpu/scheduler/work_clock.ts";
import { countOf, gpuCallsOf } from "../properties/gpu_calls.ts";
import { ownDevice } from "./own_device.ts";

const WORDS = 4096;

/** Steps of random numbers: each word is replaced by one that follows from it and from its neighbour's before. */
const SOURCE = `
  @group(0) @binding(0) var<uniform> rounds: vec4u;
  @group(0) @binding(1) var<storage, read_write> words: array<u32>;
  @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
    var x = words[id.x] + id.x;
    for (var i = 0u; i < rounds.x; i++) { x = x * 1664525u + 1013904223u; x ^= x >> 3u; }
    words[id.x] = x;
  }`;

/** A device with a kernel, of whose `rounds` a step is some. `rate` is how long they take, if that is known. */
async function open({ rounds = 10, gpu: given, rate }: { rounds?: number; gpu?: Gpu; rate?: number } = {}) {
  const gpu = given ?? new Gpu(await ownDevice());
  const { device } = gpu;
  const module = device.createShaderModule({ code: SOURCE });
  const compute = { module, entryPoint: "main" };
  const pipeline = await device.createComputePipelineAsync({ layout: "auto", compute });
  const uniform = device.createBuffer({ size: 16, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
  device.queue.writeBuffer(uniform, 0, Uint32Array.of(rounds, 0, 0, 0));
  const words = gpu.buffers.acquire(4 * WORDS, "words");
  const bindGroup = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [{ binding: 0, resource: { buffer: uniform } }, { binding: 1, resource: { buffer: words } }],
  });
  const meter = rate === undefined ? gpu.scheduler.meter("spin") : new Meter(rate);
  /** What a step costs. */
  const cost = rounds * WORDS;
  /** A job that starts from `seed` in every word. */
  const job = (seed: number, steps: number, own: Partial<Job<Uint32Array>> = {}) => {
    const staging = gpu.staging.acquire(4 * WORDS);
    const source = gpu.buffers.acquire(4 * WORDS, "seed");
    device.queue.writeBuffer(source, 0, new Uint32Array(WORDS).fill(seed));
    const made: Job<Uint32Array> = {
      label: `job ${seed}`,
      steps: Array.from({ length: steps }, () => ({ meter, cost })),
      encode(first, end) {
        const recorder = new Recorder(device);
        if (first === 0) recorder.copy(source, 0, words, 0, 4 * WORDS);
        for (let i = first; i < end; i++) {
          recorder.dispatch({ label: "spin", pipeline, bindGroup, grid: [WORDS / 64, 1, 1] });
        }
        if (end === steps) recorder.copy(words, 0, staging, 0, 4 * WORDS);
        return recorder.finish();
      },
      staging,
      bytes: 4 * WORDS,
      take: (mapped) => new Uint32Array(mapped.slice(0, 4 * WORDS)),
      ...own,
    };
    return { ...made, run: (scheduler: Scheduler) => scheduler.run(made).finally(() => gpu.buffers.release(source)) };
  };
  /** A scheduler of its own, which cuts jobs after every `steps`. */
  const cutting = (steps: number) =>
    new Scheduler(gpu, { speed: { budget: steps * cost, rate: 1 }, clock: workClock(gpu.adapterClass) });
  return { gpu, device, job, cutting, cost };
}

/** How long this adapter takes, in nanoseconds of its clock for a unit of cost. */
async function measure(rounds: number): Promise<{ rate: number }> {
  const { gpu, device, job, cutting, cost } = await open({ rounds });
  const clock = workClock(gpu.adapterClass);
  const scheduler = cutting(10);
  await job(0, 1).run(scheduler); // compiles
  const before = clock.now();
  await job(0, 10).run(scheduler);
  const rate = 1e6 * (clock.now() - before) / (10 * cost);
  device.destroy();
  return { rate };
}

Deno.test("jobs give the same bits alone, together, and cut into any parts", async () => {
  const { gpu, device, job, cutting } = await open();
  const counts = [1, 5, 0, 7, 3];
  const alone: Uint32Array[] = [];
  for (const [i, steps] of counts.entries()) alone.push(await job(i, steps).run(gpu.scheduler));
  assert.equal(new Set(alone.map((words) => words[1])).size, counts.length);
  for (const budget of [1, 2, 3, 1000]) {
    const scheduler = cutting(budget);
    const calls = await gpuCallsOf(async () => {
      const results = await Promise.all(counts.map((steps, i) => job(i, steps).run(scheduler)));
      assert.deepEqual(results, alone, `budget ${budget}`);
    });
    const expected = { 1: 16, 2: 8, 3: 6, 1000: 1 }[budget]!;
    assert.equal(countOf(calls, "submit"), expected, `budget ${budget}`);
    assert.equal(countOf(calls, "mapAsync"), counts.length);
  }
  device.destroy();
});

Deno.test("a warm job creates no buffer, and all bytes come back, also after aborts", async () => {
  const { gpu, device, job, cutting } = await open();
  const scheduler = cutting(2);
  await Promise.all([1, 2, 3, 4].map((seed) => job(seed, 5).run(scheduler)));
  const before = gpu.counts;
  for (let round = 0; round < 5; round++) {
    const controller = new AbortController();
    const calls = [1, 2, 3].map((seed) => job(seed, 5, { signal: controller.signal }).run(scheduler));
    setTimeout(() => controller.abort(), round);
    await Promise.allSettled(calls);
    await Promise.all([1, 2, 3, 4].map((seed) => job(seed, 5).run(scheduler)));
    const { staging, ...others } = gpu.counts; // a buffer that is being read when its job is aborted is made anew
    assert.deepEqual({ ...others, staging: before.staging }, before);
    assert.ok(staging >= before.staging);
  }
  device.destroy();
});

Deno.test("the event loop runs on while the GPU works", async () => {
  // Ten steps take about 150 ms of work, whatever the adapter.
  const { rate } = await measure(1000);
  const { device, job, cutting } = await open({ rounds: Math.max(100, Math.round(15e6 / (rate * WORDS))), rate });
  const scheduler = cutting(10);
  for (let i = 0; i < 3; i++) await job(0, 10).run(scheduler); // learns exactly how long it takes
  let ticks = 0;
  const interval = setInterval(() => ticks++, 5);
  const start = performance.now();
  await job(0, 100).run(scheduler);
  const taken = performance.now() - start;
  clearInterval(interval);
  assert.ok(ticks > taken / 5 / 10, `${ticks} ticks of 5 ms in ${taken} ms`);
  device.destroy();
});

Deno.test("a job that is aborted while the GPU works is told before the work is done", async () => {
  const { device, job, cutting } = await open({ rounds: 10_000 });
  const scheduler = cutting(10);
  for (let i = 0; i < 3; i++) await job(0, 10).run(scheduler);
  const controller = new AbortController();
  const calls = await gpuCallsOf(async () => {
    const aborted = job(1, 1000, { signal: controller.signal }).run(scheduler);
    setTimeout(() => controller.abort(new Error("enough")), 20);
    await assert.rejects(aborted, /enough/);
    const [word] = await job(2, 0).run(scheduler);
    assert.equal(word, 2);
  });
  assert.ok(countOf(calls, "submit") < 50, `${countOf(calls, "submit")} of 100 submits`);
  assert.equal(countOf(calls, "mapAsync"), 1);
  device.destroy();
});

Deno.test("losing the device tells every job, wherever it is, and later ones", async () => {
  const { device, job, cutting } = await open({ rounds: 10_000 });
  const scheduler = cutting(10);
  const calls = [100, 1, 10].map((steps, i) => job(i, steps).run(scheduler));
  const reads = Promise.allSettled(calls);
  setTimeout(() => device.destroy(), 5);
  for (const result of await reads) {
    assert.equal(result.status, "rejected");
    assert.ok((result as PromiseRejectedResult).reason instanceof DeviceLostError);
  }
  const late = job(9, 1);
  await assert.rejects(late.run(scheduler), DeviceLostError);
});

Deno.test("low latency gives the same bits, without waiting for the promise of a buffer that was read before", async () => {
  const { gpu, device, job } = await open();
  const normal = await job(7, 3).run(gpu.scheduler);
  for (let i = 0; i < 5; i++) {
    assert.deepEqual(await job(7, 3, { latency: "low" }).run(gpu.scheduler), normal);
    const results = await Promise.all([1, 2].map((seed) => job(seed, 3, { latency: "low" }).run(gpu.scheduler)));
    assert.notDeepEqual(results[0], results[1]);
  }
  device.destroy();
});

Deno.test("in the checked mode an error of the device is told to the job that made it", async () => {
  const checked = new Gpu(await ownDevice(), { checked: true });
  const { device, job } = await open({ gpu: checked });
  const encode = () => {
    const recorder = new Recorder(device);
    const foreign = device.createBuffer({ size: 16, usage: GPUBufferUsage.COPY_SRC });
    recorder.copy(foreign, 0, foreign, 8, 8); // cannot be copied to
    return recorder.finish();
  };
  await job(1, 1).run(checked.scheduler);
  await assert.rejects(job(2, 1, { encode }).run(checked.scheduler), /^Error: Cannot run job 2: /);
  await job(3, 1).run(checked.scheduler);
  device.destroy();
});
