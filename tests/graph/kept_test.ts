/** Results that stay on the GPU: a call copies them to buffers of its caller, and later calls bind those. */

import assert from "node:assert/strict";
import { requestGpu } from "../../src/gpu/device.ts";
import { Graph } from "../../src/graph/graph.ts";
import { linear } from "../../src/graph/ops/products/linear.ts";
import { activation } from "../../src/graph/ops/rows/activation.ts";
import { planMemory } from "../../src/graph/program/memory_plan.ts";
import { Program } from "../../src/graph/program/program.ts";
import { tuningOf } from "../../src/kernels/tuning/tuning.ts";
import { matrixOf, parameterOf, releaseAll } from "./buffers.ts";
import { bytesIn } from "./graphs.ts";

const gpu = await requestGpu();
const COLUMNS = 6;

/** Traces chain = relu(relu(x)), of which the first is kept. */
function keeping(): Graph {
  const g = new Graph(tuningOf(gpu));
  const x = g.input("x", "f32", ["T", COLUMNS], "pitched");
  const first = activation(g, { label: "first", x, kind: "relu" });
  g.output("state", first, { on: "gpu" });
  let last = first;
  for (let i = 0; i < 3; i++) last = activation(g, { label: `later.${i}`, x: last, kind: "relu" });
  g.output("last", last);
  return g;
}

const rows = (count: number) => Float32Array.from({ length: 8 * count }, (_, i) => i % 8 < COLUMNS ? i - 5 : 0);

Deno.test("a kept result is in the caller's buffer, and another program reads it", async () => {
  const keep = new Program(gpu, keeping());
  const g = new Graph(tuningOf(gpu));
  const weight = parameterOf(gpu, "w", matrixOf(COLUMNS, 1, () => 1));
  g.output(
    "sums",
    linear(g, { label: "sums", x: g.resident("state", "f32", ["T", COLUMNS]), weight: g.parameter(weight) }),
  );
  const read = new Program(gpu, g);
  for (const T of [3, 70, 5]) { // over a reallocation, and with room to spare
    const state = gpu.buffers.acquire(4 * 8 * T, "state");
    const x = rows(T);
    const { outputs } = await keep.run({ scalars: { T }, inputs: { x }, kept: { state } });
    assert.deepEqual([...outputs.keys()], ["last"]);
    const sums = (await read.run({ scalars: { T }, inputs: {}, residents: { state } })).outputs.get("sums")!;
    const expected = Float32Array.from({ length: T }, (_, r) => {
      return x.subarray(8 * r, 8 * r + COLUMNS).reduce((sum, value) => sum + Math.max(0, value), 0);
    });
    assert.deepEqual(sums, { data: expected, dims: [T, 1] });
    gpu.buffers.release(state);
  }
  keep.dispose();
  read.dispose();
  releaseAll(gpu, [weight]);
});

Deno.test("a program may have no other result", async () => {
  const g = new Graph(tuningOf(gpu));
  const x = g.input("x", "f32", ["T", COLUMNS], "pitched");
  g.output("state", activation(g, { label: "first", x, kind: "relu" }), { on: "gpu" });
  const program = new Program(gpu, g);
  const state = gpu.buffers.acquire(64, "state");
  const before = gpu.versions.of(state);
  assert.equal((await program.run({ scalars: { T: 2 }, inputs: { x: rows(2) }, kept: { state } })).outputs.size, 0);
  assert.equal(gpu.versions.of(state), before + 1);
  program.dispose();
  gpu.buffers.release(state);
});

Deno.test("the memory of a kept result is not used again in the call", () => {
  const g = keeping();
  const plan = planMemory(g, bytesIn({ T: 4 }));
  const kept = plan.bufferOf.get(g.kept.get("state")!);
  const others = [...plan.bufferOf].filter(([value]) => value !== g.kept.get("state")).map(([, buffer]) => buffer);
  assert(!others.includes(kept!));
});

Deno.test("buffers for kept results are checked, and their names too", async () => {
  const program = new Program(gpu, keeping());
  const run = (kept: Record<string, GPUBuffer>) => program.run({ scalars: { T: 2 }, inputs: { x: rows(2) }, kept });
  const small = gpu.buffers.acquire(48, "small");
  const state = gpu.buffers.acquire(64, "state");
  const unwritable = gpu.device.createBuffer({ size: 64, usage: GPUBufferUsage.STORAGE });
  const cases: [kept: Record<string, GPUBuffer>, message: RegExp][] = [
    [{}, /^Error: Cannot run the program: kept result "state" is missing$/],
    [{ state: small }, /kept result "state" \[2, 6\] needs 64 bytes, got a buffer of 48$/],
    [{ state: unwritable }, /kept result "state" must be a buffer with usage COPY_DST, got usage 128$/],
    [{ state, other: state }, /kept result "other" is not declared; the graph declares state$/],
  ];
  for (const [kept, message] of cases) await assert.rejects(() => run(kept), message);
  const g = keeping();
  assert.throws(() => g.output("state", g.outputs.get("last")!), /Cannot name two outputs "state"/);
  unwritable.destroy();
  for (const buffer of [small, state]) gpu.buffers.release(buffer);
  program.dispose();
});
