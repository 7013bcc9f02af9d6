/** How much memory a program takes for calls of all sizes, on devices that allow large buffers, and on full ones. */

import assert from "node:assert/strict";
import { fc } from "../deps.ts";
import { random } from "../../src/base/random.ts";
import { bufferSize } from "../../src/gpu/buffers.ts";
import { Gpu } from "../../src/gpu/device.ts";
import { Graph } from "../../src/graph/graph.ts";
import { linear } from "../../src/graph/ops/products/linear.ts";
import { matmul } from "../../src/graph/ops/products/matmul.ts";
import { planMemory } from "../../src/graph/program/memory_plan.ts";
import { planCall } from "../../src/graph/program/steps.ts";
import { bytesOfTextures, texturesFor } from "../../src/graph/program/textures.ts";
import { layoutUploads } from "../../src/graph/program/upload.ts";
import { type Demand, Workspace } from "../../src/graph/program/workspace.ts";
import type { Scalars } from "../../src/graph/shape.ts";
import { activation, ACTIVATION_CODES } from "../../src/kernels/rows/activation.ts";
import { defaultTuning } from "../../src/kernels/tuning/shipped.ts";
import { fakeMemory } from "../gpu/fake_devices.ts";
import { bytesIn } from "./graphs.ts";

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** A table of all pairs of N and M rows. */
function pairs(): Graph {
  const g = new Graph(defaultTuning("software"));
  const [rows, columns] = [g.input("rows", "f32", ["N", 4]), g.input("columns", "f32", ["M", 4])];
  const b = { value: columns, transposed: true };
  const out = { shape: ["N", "M"] };
  g.output("table", matmul(g, { label: "table", a: { value: rows }, b, m: "N", n: "M", k: 4, out }));
  return g;
}

/** As in a model: products over T tokens, read from textures, a table of T x 12 x K, and products over R rows. */
function layers(): Graph {
  const g = new Graph(defaultTuning("software"));
  const weight = (name: string, rows: number, columns: number) =>
    g.parameter({ label: name, shape: [rows, columns], dtype: "f32", buffer: { label: name } as GPUBuffer });
  const x = g.input("x", "f32", ["T", 256], "pitched");
  const inner = linear(g, { label: "inner", x, weight: weight("w.inner", 256, 1024) });
  const state = linear(g, { label: "state", x: inner, weight: weight("w.state", 1024, 256) });
  const table = g.input("table", "f32", ["T", 12, "K"]);
  const { out } = g.call(activation, {
    label: "probabilities",
    inputs: { x: table },
    outputs: { out: { shape: ["T", 12, "K"] } },
    params: ({ T, K }) => ({ count: 12 * (T as number) * (K as number), activation: ACTIVATION_CODES.relu }),
  });
  const rows = g.input("rows", "f32", ["R", 256], "pitched");
  g.output("words", linear(g, { label: "words", x: rows, weight: weight("w.words", 256, 8000) }));
  g.output("state", state);
  g.output("probabilities", out);
  return g;
}

/** A workspace on a device without a GPU. */
function workspaceOf(graph: Graph, { bytes = Infinity }: { bytes?: number } = {}) {
  const memory = fakeMemory({ bytes, limits: { maxBufferSize: GIB, maxStorageBufferBindingSize: GIB } });
  const gpu = new Gpu(memory.device);
  return { gpu, memory, workspace: new Workspace(gpu, graph, () => ({}) as GPUBindGroupLayout) };
}

function demandOf(graph: Graph, scalars: Scalars): Demand {
  return { scalars, steps: planCall(graph, scalars).steps, residents: {} };
}

/** Bytes that a call needs if it is the only one, its uploads on the way among them. */
function needOf(graph: Graph, limits: GPUSupportedLimits, { scalars, steps }: Demand): number {
  const uploads = bufferSize(layoutUploads(graph, bytesIn(scalars), limits).bytes);
  const buffers = planMemory(graph, bytesIn(scalars)).bufferBytes.map(bufferSize);
  const textures = texturesFor(steps, ({ value }) => value.storage.kind === "parameter");
  return 2 * uploads + buffers.reduce((a, b) => a + b, 0) + bytesOfTextures(textures);
}

/** Makes calls in turn; the worst of what was live over what the largest call so far needs, and the reallocations. */
function callInTurn(graph: Graph, calls: readonly Scalars[]): { worst: number; reallocations: number } {
  const { gpu, workspace } = workspaceOf(graph);
  let [worst, largest, reallocations] = [0, 0, 0];
  let last: unknown = null;
  for (const scalars of calls) {
    const demand = demandOf(graph, scalars);
    largest = Math.max(largest, needOf(graph, gpu.limits, demand));
    const allocation = workspace.ensure(demand);
    if (allocation !== last) reallocations++;
    last = allocation;
    const uploads = gpu.buffers.acquire(allocation.layout.bytes, "uploads of a call");
    const ofWeights = gpu.textures.weightBytes;
    worst = Math.max(worst, (gpu.buffers.liveBytes + gpu.textures.liveBytes - ofWeights) / largest);
    gpu.buffers.release(uploads);
  }
  workspace.release();
  assert.equal(gpu.buffers.liveBytes, 0);
  assert.equal(gpu.textures.liveBytes, gpu.textures.weightBytes);
  return { worst, reallocations };
}

/** A number from 1, as likely to be small as large. */
function spread(next: () => number, max: number): number {
  return Math.max(1, Math.floor(2 ** ((next() + 1) / 2 * Math.log2(max + 1))));
}

const GRAPHS = {
  pairs: { make: pairs, call: (next: () => number) => ({ N: spread(next, 16_384), M: spread(next, 16_384) }) },
  layers: {
    make: layers,
    call: (next: () => number) => ({ T: spread(next, 4096), K: 4 * spread(next, 128), R: spread(next, 1024) }),
  },
};

for (const [name, { make, call }] of Object.entries(GRAPHS)) {
  Deno.test(`calls of random sizes never take more than 3 times what the largest of them needs: ${name}`, () => {
    const graph = make();
    const size = (max: number) =>
      fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max }), fc.constant(max));
    const sizes = Object.fromEntries(Object.keys(call(() => 1)).map((symbol) => [symbol, size(4096)]));
    fc.assert(
      fc.property(fc.array<Scalars>(fc.record(sizes), { minLength: 1, maxLength: 30, size: "max" }), (calls) => {
        const { worst } = callInTurn(graph, calls);
        assert.ok(worst <= 3, `${worst} times`);
      }),
      { numRuns: 200 },
    );
  });

  Deno.test(`a thousand calls of random sizes settle after few reallocations, within the bound: ${name}`, () => {
    for (let seed = 0; seed < 5; seed++) {
      const next = random(seed);
      const { worst, reallocations } = callInTurn(make(), Array.from({ length: 1000 }, () => call(next)));
      assert.ok(reallocations <= 20, `${reallocations} reallocations`);
      assert.ok(worst <= 3, `${worst} times`);
    }
  });
}

Deno.test("calls that grow by one row settle after few reallocations", () => {
  const calls = Array.from({ length: 1000 }, (_, i) => ({ T: 1 + i, K: 32, R: 1 + i }));
  const { reallocations } = callInTurn(layers(), calls);
  assert.ok(reallocations <= 22, `${reallocations} reallocations`);
});

Deno.test("few large rows and many small ones share memory", () => {
  const calls = Array.from({ length: 50 }, () => [{ N: 16_384, M: 4 }, { N: 4, M: 16_384 }, { N: 256, M: 256 }]).flat();
  const { worst, reallocations } = callInTurn(pairs(), calls);
  assert.ok(reallocations <= 3, `${reallocations} reallocations`);
  assert.ok(worst <= 2.5, `${worst} times`);
});

Deno.test("memory for a program is what its calls would take in turn", async () => {
  for (const make of [pairs, layers]) {
    const next = random(3);
    const graph = make();
    const { workspace } = workspaceOf(graph);
    const demands: Demand[] = [];
    for (let i = 0; i < 60; i++) {
      demands.push(demandOf(graph, { N: spread(next, 500), M: spread(next, 900), ...GRAPHS.layers.call(next) }));
      await workspace.prepare(demands[i]!);
      assert.equal(workspace.bytesFor(demands), workspace.bytes, `${i + 1} calls`);
    }
  }
});

Deno.test("a device without memory for headroom gives what the call needs", async () => {
  for (const [make, scalars] of [[pairs, { N: 3000, M: 3000 }], [layers, { T: 1100, K: 68, R: 70 }]] as const) {
    const graph = make();
    const demand = demandOf(graph, scalars);
    const roomy = workspaceOf(graph);
    await roomy.workspace.prepare(demand);
    const ofWeights = roomy.gpu.textures.weightBytes;
    const needed = planMemory(graph, bytesIn(scalars)).bufferBytes.map(bufferSize).reduce((a, b) => a + b, 0) +
      bufferSize(layoutUploads(graph, bytesIn(scalars), roomy.gpu.limits).bytes) +
      bytesOfTextures(texturesFor(demand.steps, ({ value }) => value.storage.kind === "parameter"));
    assert.ok(roomy.workspace.bytes > needed);

    const { gpu, memory, workspace } = workspaceOf(graph, { bytes: needed + ofWeights });
    await workspace.prepare(demand);
    assert.equal(workspace.bytes, needed);
    assert.ok(memory.broken.size > 0, "headroom was tried");
    const { buffers, upload, textures } = workspace.ensure(demand);
    for (const one of [upload, ...buffers, ...textures.values()]) assert.ok(!memory.broken.has(one));
    for (const name of Object.keys(scalars)) await workspace.prepare(demandOf(graph, { ...scalars, [name]: 8 }));
    assert.equal(gpu.textures.weightBytes, ofWeights);
    workspace.release();
    assert.equal(gpu.buffers.liveBytes, 0);
    assert.equal(gpu.textures.liveBytes, gpu.textures.weightBytes);
  }
});

Deno.test("a call that does not fit is one error, keeps nothing, and the next call goes on", async () => {
  const graph = layers();
  const { gpu, memory, workspace } = workspaceOf(graph, { bytes: 40 * MIB });
  const [small, large] = [{ T: 100, K: 32, R: 10 }, { T: 4000, K: 32, R: 10 }].map((sizes) => demandOf(graph, sizes));
  for (let round = 0; round < 3; round++) {
    await assert.rejects(workspace.prepare(large!), {
      message: "Cannot make room for a batch on the GPU: Not enough memory left; use a smaller batch",
    });
    // The small call's textures of weights are good, and stay.
    const kept = round === 0 ? 0 : 2 * MIB;
    assert.deepEqual([gpu.buffers.liveBytes, gpu.textures.liveBytes, workspace.bytes], [0, kept, 0]);
    await workspace.prepare(small!);
    assert.ok(workspace.bytes > 0);
  }
  // Calls that come while another's memory turns out not to be there get their own.
  const results = await Promise.allSettled([large!, small!, large!, small!].map((demand) => workspace.prepare(demand)));
  assert.deepEqual(results.map(({ status }) => status), ["rejected", "fulfilled", "rejected", "fulfilled"]);
  const { buffers, upload, textures } = workspace.ensure(small!);
  for (const one of [upload, ...buffers, ...textures.values()]) assert.ok(!memory.broken.has(one));
  assert.equal(gpu.textures.weightBytes, 2 * MIB);
});

Deno.test("a program never takes over a texture of a weight that another one fails to get memory for", async () => {
  const graph = layers();
  const { gpu, memory, workspace } = workspaceOf(graph, { bytes: 40 * MIB });
  const other = new Workspace(gpu, graph, () => ({}) as GPUBindGroupLayout);
  const [small, large] = [{ T: 100, K: 32, R: 10 }, { T: 4000, K: 32, R: 10 }].map((sizes) => demandOf(graph, sizes));
  const results = await Promise.allSettled([workspace.prepare(large!), other.prepare(small!)]);
  assert.deepEqual(results.map(({ status }) => status), ["rejected", "fulfilled"]);
  const allocation = other.ensure(small!);
  const textures = allocation.weights.flatMap((of) => Object.values(of).map(({ texture }) => texture));
  assert.equal(textures.length, 2);
  for (const texture of textures) assert.ok(!memory.broken.has(texture) && !memory.destroyed.has(texture));
  assert.equal(gpu.textures.weightBytes, 2 * MIB);
  other.release();
  assert.equal(gpu.buffers.liveBytes, 0);
});

Deno.test("memory that does not work is not lent again by a call that began in it", async () => {
  const graph = layers();
  const { gpu, memory, workspace } = workspaceOf(graph, { bytes: 40 * MIB });
  const [small, large] = [{ T: 100, K: 32, R: 10 }, { T: 4000, K: 32, R: 10 }].map((sizes) => demandOf(graph, sizes));
  await workspace.prepare(small!);
  const { bytes } = workspace;
  const preparing = workspace.prepare(large!);
  assert.ok(workspace.bytes > bytes, "memory that does not work is there until the device tells");
  const finish = workspace.hold(workspace.ensure(small!));
  await assert.rejects(preparing, /Not enough memory left/);
  assert.ok(gpu.buffers.liveBytes > 0 && memory.broken.size > 0);
  finish();
  assert.deepEqual([gpu.buffers.liveBytes, gpu.buffers.freeBytes], [0, 0]);
});
