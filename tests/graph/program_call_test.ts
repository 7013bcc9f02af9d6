/** The parts of a call that a scheduler puts together: ranges of steps, several calls in a submission, costs. */

import assert from "node:assert/strict";
import { random } from "../../src/base/random.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import type { Job } from "../../src/gpu/scheduler/job.ts";
import { Graph } from "../../src/graph/graph.ts";
import { linear } from "../../src/graph/ops/products/linear.ts";
import { reshape } from "../../src/graph/ops/rows/reshape.ts";
import { addScaled } from "../../src/graph/ops/training/add_scaled.ts";
import { Program, type ProgramResult, type RunOptions } from "../../src/graph/program/program.ts";
import type { ParameterBuffer, Value } from "../../src/graph/value.ts";
import { tuningOf } from "../../src/kernels/tuning/tuning.ts";
import { matrixOf, parameterOf, pitched, releaseAll } from "./buffers.ts";

const gpu = await requestGpu();
const next = random(37);
const WIDTH = 256;

type ProgramJob = Job<ProgramResult>;

/** Five layers, which software adapters compute from textures if there are many rows. */
function layers(weights: readonly ParameterBuffer[]): Program {
  const g = new Graph(tuningOf(gpu));
  let x: Value = g.input("x", "f32", ["T", WIDTH], "pitched");
  for (const w of weights) x = linear(g, { label: w.label, x, weight: g.parameter(w), activation: "tanh" });
  g.output("last", x);
  return new Program(gpu, g);
}

function weightsOf(): ParameterBuffer[] {
  return [0, 1, 2, 3, 4].map((i) => parameterOf(gpu, `layer.${i}`, matrixOf(WIDTH, WIDTH, () => next() / 8)));
}

function callOf(rows: number): RunOptions {
  return { scalars: { T: rows }, inputs: { x: pitched(matrixOf(rows, WIDTH, next)) } };
}

/** Encodes ranges of steps of a job, each as a command buffer. */
function commands(job: ProgramJob, ranges: readonly (readonly [first: number, end: number])[]): GPUCommandBuffer[] {
  return ranges.map(([first, end]) => job.encode(first, end));
}

function submit(...buffers: GPUCommandBuffer[]): void {
  gpu.device.queue.submit(buffers);
}

async function results(job: ProgramJob): Promise<ProgramResult> {
  return await gpu.staging.readInto(job.staging, job.bytes, (mapped) => job.take(mapped));
}

for (const rows of [3, 130]) {
  Deno.test(`a call of ${rows} rows gives the same bits however its steps are cut into submissions`, async () => {
    const weights = weightsOf();
    const program = layers(weights);
    const options = callOf(rows);
    const { outputs } = await program.run(options);
    const warm = gpu.counts;
    for (const cuts of [[0, 5], [0, 1, 5], [0, 2, 3, 5], [0, 1, 2, 3, 4, 5]]) {
      using call = await program.prepare(options);
      const job = call.job();
      for (const [i, end] of cuts.slice(1).entries()) submit(job.encode(cuts[i]!, end));
      assert.deepEqual((await results(job)).outputs, outputs);
    }
    assert.deepEqual(gpu.counts, warm);
    program.dispose();
    releaseAll(gpu, weights);
  });
}

Deno.test("memory that a call is cut over stays, though another call needs more meanwhile", async () => {
  const weights = weightsOf();
  const before = gpu.buffers.liveBytes;
  const program = layers(weights);
  const options = callOf(70);
  const { outputs } = await program.run(options);
  {
    using call = await program.prepare(options);
    const job = call.job();
    submit(job.encode(0, 2));
    using other = await program.prepare(callOf(400));
    gpu.staging.release(other.job().staging);
    submit(job.encode(2, 5));
    assert.deepEqual((await results(job)).outputs, outputs);
  }
  program.dispose();
  assert.equal(gpu.buffers.liveBytes, before);
  releaseAll(gpu, weights);
});

Deno.test("calls of one program may be in one submission, each with its own numbers", async () => {
  const weights = weightsOf();
  const program = layers(weights);
  const all = [callOf(66), callOf(5), callOf(66)];
  const expected = [];
  for (const options of all) expected.push((await program.run(options)).outputs);
  const calls = [];
  for (const options of all) calls.push(await program.prepare(options));
  const jobs = calls.map((call) => call.job());
  submit(...jobs.flatMap((job) => commands(job, [[0, 2], [2, 5]])));
  for (const [i, call] of calls.entries()) {
    assert.deepEqual((await results(jobs[i]!)).outputs, expected[i]);
    call[Symbol.dispose]();
  }
  program.dispose();
  releaseAll(gpu, weights);
});

Deno.test("a call that was encoded and dropped leaves nothing behind that others count on", async () => {
  const weights = weightsOf();
  const program = layers(weights);
  const options = callOf(130);
  {
    using call = await program.prepare(options);
    const job = call.job();
    job.encode(0, 5); // never submitted: neither sizes nor textures are there
    gpu.staging.release(job.staging);
  }
  const { outputs } = await program.run(options);
  const fresh = layers(weights);
  assert.deepEqual((await fresh.run(options)).outputs, outputs);
  for (const one of [program, fresh]) one.dispose();
  releaseAll(gpu, weights);
});

Deno.test("steps tell their cost: products by their operations, empty ones next to nothing", async () => {
  const weights = weightsOf();
  const program = layers(weights);
  const costs = [];
  for (const rows of [0, 100, 200]) {
    using call = await program.prepare(callOf(rows));
    const job = call.job();
    gpu.staging.release(job.staging);
    assert.equal(new Set(job.steps.map(({ cost }) => cost)).size, 1);
    costs.push(job.steps[0]!.cost);
  }
  assert.equal(costs[2]! - costs[1]!, 100 * WIDTH * WIDTH);
  assert.ok(costs[0]! < 0.1 * costs[1]!);
  program.dispose();
  releaseAll(gpu, weights);
});

Deno.test("a call that needs taller textures leaves those of the calls encoded before it", async () => {
  const g = new Graph(tuningOf(gpu));
  const x = g.input("x", "f32", ["T", 128]);
  g.output("mean", linear(g, { label: "mean", x, weight: g.input("w", "f32", [128, 256]) }));
  g.output("same", reshape(g, { label: "same", x: g.input("y", "f32", ["R", 4]), shape: ["R", 4] }));
  const program = new Program(gpu, g);
  const w = new Float32Array(128 * 256).fill(1 / 128);
  const prepare = (T: number, R: number, value: number) =>
    program.prepare({
      scalars: { T, R },
      inputs: { x: new Float32Array(T * 128).fill(value), y: new Float32Array(R * 4), w },
    });
  using low = await prepare(128, 4, 1);
  using high = await prepare(250, 4, 2);
  const jobs = [low.job(), high.job()];
  using other = await prepare(1, 64, 3); // needs more memory, in which all textures are low
  jobs.push(other.job());
  submit(...jobs.map((job) => job.encode(0, job.steps.length)));
  for (const [i, job] of jobs.entries()) {
    const { outputs } = await results(job);
    assert.deepEqual([...new Set(outputs.get("mean")!.data)], [i + 1], `call ${i}`);
  }
  program.dispose();
});

Deno.test("an error in a submission is told to all of its calls, and the calls after it are right", async () => {
  const weights = weightsOf();
  const program = layers(weights);
  const g = new Graph(tuningOf(gpu));
  const kept = g.resident("kept", "f32", [4]);
  g.output("sum", addScaled(g, { label: "sum", to: kept, x: g.input("x", "f32", [4]) }));
  const adding = new Program(gpu, g);
  const resident = () => gpu.device.createBuffer({ size: 16, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC });
  const add = (buffer: GPUBuffer) =>
    adding.run({ scalars: {}, inputs: { x: new Float32Array(4) }, residents: { kept: buffer } });
  await add(resident());
  for (const latency of ["normal", "low"] as const) {
    const call = { ...callOf(130), latency };
    const expected = await program.run(call);
    const buffer = resident();
    const results = [program.run(call), add(buffer), program.run(call)];
    buffer.destroy();
    for (const [i, result] of (await Promise.allSettled(results)).entries()) {
      // A poisoned device submits each call alone.
      if (gpu.buffers.poisoned && i !== 1 && result.status === "fulfilled") assert.deepEqual(result.value, expected);
      else assert.match(String((result as PromiseRejectedResult).reason), / has been destroyed/);
    }
    for (let i = 0; i < 2; i++) assert.deepEqual(await program.run(call), expected);
  }
  adding.dispose();
  program.dispose();
  releaseAll(gpu, weights);
});
