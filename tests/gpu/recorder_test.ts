import assert from "node:assert/strict";
import { BufferPool } from "../../src/gpu/buffers.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { kernelStoreOf, Profiler } from "../../src/gpu/profiling/profiler.ts";
import { StagingPool } from "../../src/gpu/readback.ts";
import { type Dispatch, Recorder } from "../../src/gpu/recorder.ts";
import { fakeDevice } from "./fake_devices.ts";

const { device } = await requestGpu();

/** A device that records nothing but the names of what it is told. */
function scribe(): { device: GPUDevice; told: string[] } {
  const told: string[] = [];
  const pass = (timed: boolean) => ({
    setPipeline() {},
    setBindGroup() {},
    dispatchWorkgroups: (...grid: number[]) => told.push(`dispatch ${grid.join("x")}`),
    end: () => told.push(timed ? "end timed" : "end"),
  });
  const encoder = {
    beginComputePass: ({ timestampWrites }: GPUComputePassDescriptor = {}) => {
      told.push(timestampWrites === undefined ? "begin" : "begin timed");
      return pass(timestampWrites !== undefined);
    },
    copyBufferToBuffer: (_from: unknown, from: number, _to: unknown, to: number, bytes: number) =>
      told.push(`copy ${from} ${to} ${bytes}`),
    resolveQuerySet: (_set: unknown, first: number, count: number) => told.push(`resolve ${first} ${count}`),
    finish: () => {
      told.push("finish");
      return {};
    },
  };
  const queue = { submit: (buffers: unknown[]) => told.push(`submit ${buffers.length}`) };
  const features = new Set(["timestamp-query"]);
  const made = { createCommandEncoder: () => encoder, createQuerySet: () => ({}), createBuffer: () => ({}) };
  return { device: fakeDevice({ queue, features, ...made }), told };
}

function dispatch(label: string, grid: [number, number, number] = [1, 1, 1]): Dispatch {
  return { label, grid, pipeline: {} as GPUComputePipeline, bindGroup: {} as GPUBindGroup };
}

const BUFFER = {} as GPUBuffer;

Deno.test("dispatches share one pass, and one submit ends the recording", () => {
  const { device, told } = scribe();
  const recorder = new Recorder(device);
  recorder.dispatch(dispatch("a", [2, 3, 4]));
  recorder.dispatch(dispatch("b", [5, 1, 1]));
  recorder.submit();
  assert.deepEqual(told, ["begin", "dispatch 2x3x4", "dispatch 5x1x1", "end", "finish", "submit 1"]);
});

Deno.test("a dispatch with an empty grid is left out, and opens no pass", () => {
  const { device, told } = scribe();
  const recorder = new Recorder(device);
  for (const grid of [[0, 1, 1], [1, 0, 1], [1, 1, 0]] as const) recorder.dispatch(dispatch("none", [...grid]));
  recorder.submit();
  assert.deepEqual(told, ["finish", "submit 1"]);
});

Deno.test("a copy closes the pass, one of no bytes does not", () => {
  const { device, told } = scribe();
  const recorder = new Recorder(device);
  recorder.dispatch(dispatch("a"));
  recorder.copy(BUFFER, 0, BUFFER, 0, 0);
  recorder.dispatch(dispatch("b"));
  recorder.copy(BUFFER, 4, BUFFER, 8, 16);
  recorder.copy(BUFFER, 0, BUFFER, 24, 12);
  recorder.dispatch(dispatch("c"));
  recorder.submit();
  const before = ["begin", "dispatch 1x1x1", "dispatch 1x1x1", "end"];
  const after = ["begin", "dispatch 1x1x1", "end", "finish", "submit 1"];
  assert.deepEqual(told, [...before, "copy 4 8 16", "copy 0 24 12", ...after]);
});

Deno.test("a profiler gets a pass of its own for every dispatch", () => {
  const { device, told } = scribe();
  const recorder = new Recorder(device, kernelStoreOf(new Profiler(device)));
  recorder.dispatch(dispatch("a"));
  recorder.dispatch(dispatch("empty", [0, 1, 1]));
  recorder.dispatch(dispatch("b"));
  recorder.submit();
  const timed = ["begin timed", "dispatch 1x1x1", "end timed"];
  assert.deepEqual(told, [...timed, ...timed, "resolve 0 4", "copy 0 0 32", "finish", "submit 1"]);
});

Deno.test("more dispatches than a set of timestamps has room for are timed by several", () => {
  const { device, told } = scribe();
  const recorder = new Recorder(device, kernelStoreOf(new Profiler(device)));
  for (let i = 0; i < 300; i++) recorder.dispatch(dispatch(`${i}`));
  recorder.submit();
  const passes = told.filter((what) => what === "begin timed").length;
  assert.equal(passes, 300);
  const resolved = told.filter((what) => /^(resolve|copy)/.test(what));
  assert.deepEqual(resolved, [256, 256, 88].flatMap((count) => [`resolve 0 ${count}`, `copy 0 0 ${8 * count}`]));
});

Deno.test("several copies bring their bytes to where they belong", async () => {
  const pool = new BufferPool(device);
  const staging = new StagingPool(device);
  const [a, b] = [pool.acquire(32, "a"), pool.acquire(32, "b")];
  device.queue.writeBuffer(a, 0, Uint32Array.of(1, 2, 3, 4, 5, 6, 7, 8));
  device.queue.writeBuffer(b, 0, Uint32Array.of(11, 12, 13, 14, 15, 16, 17, 18));
  const target = staging.acquire(32);
  const recorder = new Recorder(device);
  recorder.copy(a, 4, target, 0, 12);
  recorder.copy(b, 16, target, 12, 8);
  recorder.copy(a, 0, b, 0, 8);
  recorder.copy(b, 0, target, 20, 12);
  recorder.submit();
  assert.deepEqual(new Uint32Array(await staging.read(target, 32)), Uint32Array.of(2, 3, 4, 15, 16, 1, 2, 13));
  staging.trim();
});
