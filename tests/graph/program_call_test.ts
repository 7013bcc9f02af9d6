/** The parts of a call that a scheduler puts together: ranges of steps, several calls in a submission, costs. */

import assert from "node:assert/strict";
import { random } from "../../src/base/random.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { Recorder } from "../../src/gpu/recorder.ts";
import { Graph } from "../../src/graph/graph.ts";
import { linear } from "../../src/graph/ops/products/linear.ts";
import { Program, type RunOptions } from "../../src/graph/program/program.ts";
import type { ProgramCall, ProgramResult } from "../../src/graph/program/program_call.ts";
import type { ParameterBuffer, Value } from "../../src/graph/value.ts";
import { tuningOf } from "../../src/kernels/tuning/tuning.ts";
import { matrixOf, parameterOf, pitched, releaseAll } from "./buffers.ts";

const gpu = await requestGpu();
const next = random(37);
const WIDTH = 256;

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

/** Encodes ranges of steps of a call. */
function commands(call: ProgramCall, ranges: readonly (readonly [first: number, end: number])[]): Recorder[] {
  return ranges.map(([first, end]) => {
    const recorder = new Recorder(gpu.device);
    call.encode(recorder, first, end);
    return recorder;
  });
}

async function results(call: ProgramCall, staging: GPUBuffer): Promise<ProgramResult> {
  return await gpu.staging.readInto(staging, call.bytes, (mapped) => call.take(mapped));
}

for (const rows of [3, 130]) {
  Deno.test(`a call of ${rows} rows gives the same bits however its steps are cut into submissions`, async () => {
    const weights = weightsOf();
    const program = layers(weights);
    const options = callOf(rows);
    const { outputs } = await program.run(options);
    const warm = { ...gpu.counts };
    for (const cuts of [[0, 5], [0, 1, 5], [0, 2, 3, 5], [0, 1, 2, 3, 4, 5]]) {
      using call = await program.prepare(options);
      const staging = call.open();
      const ranges = cuts.slice(1).map((end, i) => [cuts[i]!, end] as const);
      for (const range of ranges) for (const recorder of commands(call, [range])) recorder.submit();
      assert.deepEqual((await results(call, staging)).outputs, outputs);
    }
    assert.deepEqual({ ...gpu.counts }, warm);
    program.dispose();
    releaseAll(gpu, weights);
  });
}

Deno.test("memory that a call is cut over stays, though another call needs more meanwhile", async () => {
  const weights = weightsOf();
  const program = layers(weights);
  const options = callOf(70);
  const { outputs } = await program.run(options);
  const before = gpu.buffers.liveBytes - program.bytes;
  {
    using call = await program.prepare(options);
    const staging = call.open();
    commands(call, [[0, 2]])[0]!.submit();
    using other = await program.prepare(callOf(400));
    gpu.staging.release(other.open());
    commands(call, [[2, 5]])[0]!.submit();
    assert.deepEqual((await results(call, staging)).outputs, outputs);
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
  const stagings = calls.map((call) => call.open());
  gpu.device.queue.submit(calls.flatMap((call) => commands(call, [[0, 2], [2, 5]])).map((one) => one.finish()));
  for (const [i, call] of calls.entries()) {
    assert.deepEqual((await results(call, stagings[i]!)).outputs, expected[i]);
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
    const staging = call.open();
    commands(call, [[0, 5]]); // never submitted: neither sizes nor textures are there
    gpu.staging.release(staging);
  }
  const { outputs } = await program.run(options);
  const fresh = layers(weights);
  assert.deepEqual((await fresh.run(options)).outputs, outputs);
  for (const one of [program, fresh]) one.dispose();
  releaseAll(gpu, weights);
});

Deno.test("steps tell their cost: operations of products, and nothing for empty ones", async () => {
  const weights = weightsOf();
  const program = layers(weights);
  for (const rows of [0, 1, 9]) {
    using call = await program.prepare(callOf(rows));
    assert.deepEqual(call.steps.map(({ cost }) => cost), new Array(5).fill(2 * rows * WIDTH * WIDTH));
    assert.equal(call.cost, 10 * rows * WIDTH * WIDTH);
  }
  program.dispose();
  releaseAll(gpu, weights);
});
