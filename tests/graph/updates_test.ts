/** Updates in place: of weights, also of those that are read from textures, of residents, and of what kernels wrote. */

import assert from "node:assert/strict";
import { random } from "../../src/base/random.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { Graph } from "../../src/graph/graph.ts";
import { linear } from "../../src/graph/ops/products/linear.ts";
import { matmul } from "../../src/graph/ops/products/matmul.ts";
import { reshape } from "../../src/graph/ops/rows/reshape.ts";
import { accumulate } from "../../src/graph/ops/training/accumulate.ts";
import { addScaled } from "../../src/graph/ops/training/add_scaled.ts";
import { bytesIn } from "./graphs.ts";
import { planMemory } from "../../src/graph/program/memory_plan.ts";
import { Program } from "../../src/graph/program/program.ts";
import type { ParameterBuffer } from "../../src/graph/value.ts";
import { tuningOf } from "../../src/kernels/tuning/tuning.ts";
import { countOf, gpuCallsOf } from "../properties/gpu_calls.ts";
import { accumulate as accumulateTwin } from "../reference/accumulate.ts";
import { bufferOf, matrixOf, parameterOf, pitched, releaseAll, times, worst } from "./buffers.ts";
import { rawOf } from "./raw.ts";

const gpu = await requestGpu();

/** A product that software adapters compute from textures: y = x W is 1 if x is 1 and W is 1 / K. */
const [ROWS, K, COLUMNS] = [128, 128, 256];
const part = 1 / K;
const inputs = { x: new Float32Array(ROWS * K).fill(1), step: new Float32Array(K * COLUMNS).fill(part) };
const scalars = { T: ROWS };

function weight(): ParameterBuffer {
  return parameterOf(gpu, "w", matrixOf(K, COLUMNS, () => part));
}

/** Traces y = x W, and then W += step; if `before` is false the other way round. */
function productAndUpdate(w: ParameterBuffer, before = true): Program {
  const g = new Graph(tuningOf(gpu));
  const update = () => {
    addScaled(g, { label: "update", to: g.parameter(w), x: g.input("step", "f32", [K, COLUMNS]) });
  };
  const product = () => {
    g.output("y", linear(g, { label: "y", x: g.input("x", "f32", ["T", K]), weight: g.parameter(w) }));
  };
  for (const part of before ? [product, update] : [update, product]) part();
  return new Program(gpu, g);
}

/** What every element of y is. */
async function constantOf(program: Program, given: Partial<typeof inputs> = inputs): Promise<number> {
  const { data } = (await program.run({ scalars, inputs: given as typeof inputs })).outputs.get("y")!;
  assert.deepEqual([...new Set(data)], [data[0]]);
  return data[0]!;
}

for (const before of [true, false]) {
  Deno.test(`a weight that a program updates ${before ? "after" : "before"} it reads it is never stale`, async () => {
    const w = weight();
    const program = productAndUpdate(w, before);
    const found = [];
    for (let run = 0; run < 3; run++) found.push(await constantOf(program));
    assert.deepEqual(found, before ? [1, 2, 3] : [2, 3, 4]);
    program.dispose();
    releaseAll(gpu, [w]);
  });
}

Deno.test("an update is seen by other programs that read the weight, which copy it once and then no more", async () => {
  const w = weight();
  const g = new Graph(tuningOf(gpu));
  g.output("y", linear(g, { label: "y", x: g.input("x", "f32", ["T", K]), weight: g.parameter(w) }));
  const [reading, updating] = [new Program(gpu, g), productAndUpdate(w)];
  const textures = (await gpuCallsOf(() => constantOf(reading, { x: inputs.x }))).includes("copyBufferToTexture")
    ? 1
    : 0;
  for (let updates = 1; updates < 4; updates++) {
    assert.equal(await constantOf(updating), updates);
    const copies = [];
    for (let run = 0; run < 2; run++) {
      const calls = await gpuCallsOf(async () => assert.equal(await constantOf(reading, { x: inputs.x }), updates + 1));
      copies.push(countOf(calls, "copyBufferToTexture"));
    }
    assert.deepEqual(copies, [2 * textures, textures], "x each time, the weight after an update");
  }
  for (const program of [reading, updating]) program.dispose();
  releaseAll(gpu, [w]);
});

Deno.test("a resident that is an updated weight's buffer makes its texture stale too", async () => {
  const w = weight();
  const g = new Graph(tuningOf(gpu));
  g.output("y", linear(g, { label: "y", x: g.input("x", "f32", ["T", K]), weight: g.parameter(w) }));
  const reading = new Program(gpu, g);
  const u = new Graph(tuningOf(gpu));
  addScaled(u, {
    label: "step",
    to: u.resident("weight", "f32", [K, COLUMNS]),
    x: u.input("step", "f32", [K, COLUMNS]),
  });
  const updating = new Program(gpu, u);
  for (let updates = 0; updates < 3; updates++) {
    assert.equal(await constantOf(reading, { x: inputs.x }), updates + 1);
    await updating.run({ scalars: {}, inputs: { step: inputs.step }, residents: { weight: w.buffer } });
  }
  for (const program of [reading, updating]) program.dispose();
  releaseAll(gpu, [w]);
});

Deno.test("residents keep what runs add to them, each its own", async () => {
  const g = new Graph(tuningOf(gpu));
  const before = g.resident("sum", "f32", [2, 4]);
  g.output("before", reshape(g, { label: "copy", x: before, shape: [2, 4] }));
  g.output("after", addScaled(g, { label: "add", to: before, x: g.input("x", "f32", [2, 4]), scale: 0.5 }));
  const program = new Program(gpu, g);
  const buffers = [1, 10].map((start) => bufferOf(gpu, matrixOf(2, 4, () => start)));
  const x = new Float32Array(8).fill(2);
  const run = async (i: number) => {
    const { outputs } = await program.run({ scalars: {}, inputs: { x }, residents: { sum: buffers[i]! } });
    return ["before", "after"].map((name) => outputs.get(name)!.data[7]);
  };
  assert.deepEqual(await run(0), [1, 2]);
  assert.deepEqual(await run(1), [10, 11]);
  const warm = gpu.counts;
  assert.deepEqual([await run(0), await run(1), await run(0)], [[2, 3], [11, 12], [3, 4]]);
  assert.deepEqual(gpu.counts, warm, "bind groups are kept by the buffers in them");
  program.dispose();
  for (const buffer of buffers) gpu.buffers.release(buffer);
});

Deno.test("a sum begins over whatever was there, and goes on; padding stays zero", async () => {
  const [rows, columns] = [7, 5];
  const g = new Graph(tuningOf(gpu));
  const to = g.resident("sum", "f32", ["T", columns]);
  const x = g.input("x", "f32", ["T", columns], "pitched");
  g.output("sum", accumulate(g, { label: "add", to, x, keep: g.scalar("keep") }));
  const program = new Program(gpu, g);
  const sum = bufferOf(gpu, matrixOf(rows, 8, () => NaN));
  const next = random(97);
  let expected = new Float64Array(rows * 8);
  for (const keep of [0, 1, 7, 0, 2 ** 32 - 1]) {
    const x = pitched(matrixOf(rows, columns, next));
    expected = accumulateTwin({ x, out: expected, keep });
    const scalars = { T: rows, keep };
    const { outputs } = await program.run({ scalars, inputs: { x }, residents: { sum } });
    const [found, raw] = [outputs.get("sum")!.data, (await rawOf(gpu, { sum: [sum, 2 * rows] })).get("sum")!];
    raw.forEach((value, i) => assert.ok(Math.abs(value - expected[i]!) <= 2e-7, `keep ${keep}: ${i}`));
    assert.deepEqual(found, raw.filter((_, i) => i % 8 < columns));
    assert.ok(raw.every((value, i) => i % 8 < columns || value === 0), "padding");
  }
  const none = await program.run({
    scalars: { T: 0, keep: 0 },
    inputs: { x: new Float32Array(0) },
    residents: { sum },
  });
  assert.equal(none.outputs.get("sum")!.data.length, 0);
  program.dispose();
  gpu.buffers.release(sum);
});

Deno.test("records of a call may change after it: the call keeps copies, and the next sees the change", async () => {
  const g = new Graph(tuningOf(gpu));
  const r = g.resident("r", "f32", [1, 4]);
  const copy = reshape(g, { label: "copy", x: r, shape: [1, 4] });
  const x = reshape(g, { label: "x", x: g.input("x", "f32", [1, 4]), shape: [1, 4] });
  g.output("sum", addScaled(g, { label: "sum", to: copy, x, scale: g.scalar("scale", "f32") }));
  const program = new Program(gpu, g);
  const [one, two] = [1, 2].map((value) => bufferOf(gpu, matrixOf(1, 4, () => value))) as [GPUBuffer, GPUBuffer];
  const options = { scalars: { scale: 1 }, inputs: { x: new Float32Array(4).fill(10) }, residents: { r: one } };
  const results = [];
  // The first call compiles before it reads anything.
  for (let run = 0; run < 3; run++) {
    const result = program.run(options);
    options.scalars.scale += 1;
    options.inputs.x = new Float32Array(4).fill(20);
    options.residents.r = two;
    results.push((await result).outputs.get("sum")!.data[3]);
  }
  assert.deepEqual(results, [1 + 10, 2 + 2 * 20, 2 + 3 * 20]);
  program.dispose();
  for (const buffer of [one, two]) gpu.buffers.release(buffer);
});

Deno.test("a missing, unknown, small or unreadable resident is an error that names it", async () => {
  const g = new Graph(tuningOf(gpu));
  g.output("sum", g.resident("sum", "f32", ["N", 4]));
  const program = new Program(gpu, g);
  const buffer = bufferOf(gpu, matrixOf(2, 4, () => 7));
  const run = (residents: Record<string, GPUBuffer>, N = 2) => program.run({ scalars: { N }, inputs: {}, residents });
  await assert.rejects(run({}), /Cannot run the program: resident "sum" is missing/);
  await assert.rejects(run({ sum: buffer, mean: buffer }), /resident "mean" is not declared; the graph declares sum/);
  await assert.rejects(run({ sum: buffer }, 3), /resident "sum" \[3, 4\] needs 48 bytes, got a buffer of 32/);
  const uniform = gpu.device.createBuffer({ size: 64, usage: 0x40 });
  await assert.rejects(
    run({ sum: uniform }),
    /resident "sum" must be a buffer with usage STORAGE and COPY_SRC, got usage 64/,
  );
  assert.deepEqual((await run({ sum: buffer })).outputs.get("sum"), {
    data: new Float32Array(8).fill(7),
    dims: [2, 4],
  });
  uniform.destroy();
  program.dispose();
  gpu.buffers.release(buffer);
});

Deno.test("one buffer bound by two names, to be read and to be written, is refused", async () => {
  const g = new Graph(tuningOf(gpu));
  const [to, x] = [g.resident("to", "f32", [1, 4]), g.resident("x", "f32", [1, 4])];
  addScaled(g, { label: "add", to, x });
  const program = new Program(gpu, g);
  const buffer = bufferOf(gpu, matrixOf(1, 4, () => 1));
  await assert.rejects(
    program.run({ scalars: {}, inputs: {}, residents: { to: buffer, x: buffer } }),
    /Cannot run add: it reads "x" and writes "to", which must be two buffers, got one/,
  );
  program.dispose();
  gpu.buffers.release(buffer);
});

Deno.test("the versions of a planned value share a buffer, which is kept until the last is read", async () => {
  const g = new Graph(tuningOf(gpu));
  const x = g.input("x", "f32", ["T", 4]);
  let sum = reshape(g, { label: "copy", x, shape: ["T", 4] });
  for (let i = 0; i < 3; i++) {
    const term = reshape(g, { label: `term.${i}`, x, shape: ["T", 4] });
    sum = addScaled(g, { label: `add.${i}`, to: sum, x: term });
  }
  g.output("sum", sum);
  assert.equal(sum.version, 3);
  const { bufferBytes, bufferOf } = planMemory(g, bytesIn({ T: 2 }));
  assert.deepEqual(bufferBytes, [32, 32]);
  const versions = g.nodes.flatMap(({ bindings }) => Object.values(bindings)).filter(({ storage }) =>
    storage === sum.storage
  );
  assert.deepEqual([...new Set(versions.map((value) => bufferOf.get(value)))].length, 1);
  const program = new Program(gpu, g);
  const { outputs } = await program.run({ scalars: { T: 1 }, inputs: { x: Float32Array.of(1, 2, 3, 4) } });
  assert.deepEqual(outputs.get("sum")!.data, Float32Array.of(4, 8, 12, 16));
  program.dispose();
});

Deno.test("a product writes some columns of a value, and the others stay, whatever is computed between", async () => {
  const [rows, width] = [7, 6];
  const g = new Graph(tuningOf(gpu));
  const x = g.input("x", "f32", ["T", width], "pitched");
  let all = reshape(g, { label: "all", x: g.input("all", "f32", ["T", 18], "pitched"), shape: ["T", 18] });
  const weights = [4, 2].map((columns) => matrixOf(width, columns, random(3)));
  const at = [8, 16];
  weights.forEach((weight, i) => {
    const b = g.constant(`weight.${i}`, pitched(weight), { shape: [width, weight.columns], layout: "pitched" });
    const out = { shape: ["T", 18], offset: at[i]! };
    const call = { m: "T", n: weight.columns, k: width, out };
    all = matmul(g, { label: `part.${i}`, a: { value: x }, b: { value: b }, ...call, into: all });
    g.output(`beside.${i}`, linear(g, { label: `beside.${i}`, x, weight: b }));
  });
  g.output("all", all);
  assert.equal(all.version, 2);
  const program = new Program(gpu, g);
  const [states, before] = [matrixOf(rows, width, random(5)), matrixOf(rows, 18, random(6))];
  const { outputs } = await program.run({ scalars: { T: rows }, inputs: { x: pitched(states), all: pitched(before) } });
  const expected = before.data.slice();
  weights.forEach((weight, i) => {
    const product = times(states, weight);
    for (let r = 0; r < rows; r++) {
      const row = product.data.subarray(r * weight.columns, (r + 1) * weight.columns);
      expected.set(row, 18 * r + at[i]!);
    }
    assert.ok(worst(outputs.get(`beside.${i}`)!.data, product.data) < 1e-5);
  });
  assert.ok(worst(outputs.get("all")!.data, expected) < 1e-5);
  program.dispose();
});

Deno.test("reads and updates that the order forbids are refused when they are traced", () => {
  const g = new Graph();
  const x = g.input("x", "f32", [1, 4]);
  const w = g.parameter({ label: "w", shape: [1, 4], dtype: "f32", buffer: {} as GPUBuffer });
  const add = (to: typeof x, label = "add") => addScaled(g, { label, to, x });
  const next = add(w);
  assert.deepEqual([w.version, next.version, next.storage], [0, 1, w.storage]);
  const stale = /it reads version 0 of "w", which "add" wrote over; read version 1, or read before the update/;
  assert.throws(() => add(w, "again"), stale);
  assert.throws(() => reshape(g, { label: "copy", x: w, shape: [4, 1] }), stale);
  assert.throws(() => g.output("old", w), stale);
  assert.equal(g.parameter((w.storage as { parameter: ParameterBuffer }).parameter), next, "the newest by its weight");
  assert.throws(
    () => addScaled(g, { label: "self", to: next, x: next }),
    /an update of a value that is still read: the call reads "w" too/,
  );
  g.output("new", next);
  assert.throws(() => add(next, "late"), /an update of a value that is still read: output "new" is version 1 of "w"/);
  assert.throws(() => add(x, "input"), {
    name: "TypeError",
    message: /"x" must be a parameter, a resident or .* got an input/,
  });
  const foreign = new Graph().input("far", "f32", [1, 4]);
  assert.throws(() => add(foreign, "far"), /Cannot trace far: "far" is a value of another graph/);
});
