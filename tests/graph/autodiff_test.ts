/** Gradients against central differences in float64, in one program with the update that they are for. */

import assert from "node:assert/strict";
import { random } from "../../src/base/random.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { gradients, recompute } from "../../src/graph/autodiff.ts";
import { Graph } from "../../src/graph/graph.ts";
import { linear } from "../../src/graph/ops/products/linear.ts";
import { OPS } from "../../src/graph/ops/registry.ts";
import { gatherRows } from "../../src/graph/ops/rows/gather_rows.ts";
import { reshape } from "../../src/graph/ops/rows/reshape.ts";
import { softmax } from "../../src/graph/ops/rows/softmax.ts";
import { topK } from "../../src/graph/ops/rows/top_k.ts";
import { addScaled } from "../../src/graph/ops/training/add_scaled.ts";
import { bytesIn } from "./graphs.ts";
import { planMemory } from "../../src/graph/program/memory_plan.ts";
import { Program } from "../../src/graph/program/program.ts";
import type { Value } from "../../src/graph/value.ts";
import { NO_ROW } from "../../src/kernels/rows/gather_rows.ts";
import { tuningOf } from "../../src/kernels/tuning/tuning.ts";
import { type Matrix, matrixOf, parameterOf, pitched, releaseAll, times, transposed, worst } from "./buffers.ts";

const gpu = await requestGpu();
const next = random(29);

const TOKENS = 7;
const INDEX = [4, 0, 6, 2];
const INVERSE = Array.from({ length: TOKENS }, (_, row) => INDEX.indexOf(row)).map((at) => at < 0 ? NO_ROW : at);
const RATE = 0.25;

/** Weights and biases by name, and the input. */
type Numbers = Record<"x" | "w" | "b" | "v" | "c", Matrix>;

function numbers(): Numbers {
  return {
    x: matrixOf(TOKENS, 6, next),
    w: matrixOf(6, 6, next),
    b: matrixOf(1, 6, next),
    v: matrixOf(9, 6, next), // stored transposed
    c: matrixOf(1, 9, next),
  };
}

/** `h = x w + b; h = softmax(h w + b + h); y = gather(h) v^T + c` in float64. */
function forward({ x, w, b, v, c }: Numbers): Matrix {
  const plus = (m: Matrix, bias: Matrix): Matrix => ({
    ...m,
    data: m.data.map((e, i) => e + bias.data[i % m.columns]!),
  });
  const first = plus(times(x, w), b);
  const inner = plus(times(first, w), b);
  const sum = inner.data.map((e, i) => e + first.data[i]!);
  const h = { ...inner, data: new Float64Array(sum.length) };
  for (let at = 0; at < sum.length; at += 6) {
    const powers = sum.subarray(at, at + 6).map(Math.exp);
    h.data.set(powers.map((power) => power / powers.reduce((a, b) => a + b)), at);
  }
  const rows = INDEX.flatMap((row) => [...h.data.subarray(row * 6, (row + 1) * 6)]);
  return plus(times({ rows: INDEX.length, columns: 6, data: Float64Array.from(rows) }, transposed(v)), c);
}

/** The derivative of `sum(y * seed)` by each element of one of the matrices, by central differences. */
function centralDifferences(all: Numbers, name: keyof Numbers, seed: Matrix): Float64Array {
  const loss = (delta: number, at: number) => {
    const data = all[name].data.slice();
    data[at]! += delta;
    return forward({ ...all, [name]: { ...all[name], data } }).data.reduce((sum, y, i) => sum + y * seed.data[i]!, 0);
  };
  return all[name].data.map((_, i) => (loss(1e-4, i) - loss(-1e-4, i)) / 2e-4);
}

/** The same on the GPU; `around` may wrap what is between the input and the result. */
function trace(
  g: Graph,
  { x, w, b, v, c }: Record<keyof Numbers, Value>,
  around: (body: (inputs: Record<string, Value>) => Value, inputs: Record<string, Value>) => Value = (body, all) =>
    body(all),
): Value {
  const index = g.input("index", "u32", ["R"]);
  const inverse = g.input("inverse", "u32", ["T"]);
  const h = around((inputs) => {
    const first = linear(g, { label: "first", x: inputs.x!, weight: inputs.w!, bias: b });
    return linear(g, { label: "second", x: first, weight: inputs.w!, bias: b, residual: first });
  }, { x, w });
  const rows = gatherRows(g, { label: "rows", x: softmax(g, { label: "softmax", x: h }), index, inverse });
  const y = linear(g, { label: "last", x: rows, weight: v, bias: c, transposed: true });
  return reshape(g, { label: "flat", x: reshape(g, { label: "long", x: y, shape: ["all", 3] }), shape: ["R", 9] });
}

const SCALARS = { T: TOKENS, R: INDEX.length, all: 3 * INDEX.length };
const INDICES = { index: Uint32Array.from(INDEX), inverse: Uint32Array.from(INVERSE) };

Deno.test("forward, backward and an update in place are one program, and its gradients are right", async () => {
  const all = numbers();
  const seed = matrixOf(INDEX.length, 9, next);
  const g = new Graph(tuningOf(gpu));
  const x = g.input("x", "f32", ["T", 6], "pitched");
  const { w, b, v, c } = all;
  const parameters = Object.entries({ w, b, v, c }).map(([name, matrix]) => parameterOf(gpu, name, matrix));
  const [wv, bv, vv, cv] = parameters.map((parameter) => g.parameter(parameter)) as [Value, Value, Value, Value];
  const values = { x, w: wv, b: bv, v: vv, c: cv };
  const y = trace(g, values);
  g.output("y", y);
  const found = gradients(g, { of: y, wrt: Object.values(values), seed: g.input("seed", "f32", ["R", 9], "pitched") });
  for (const [name, value] of Object.entries(values)) g.output(`d${name}`, found.get(value)!);
  const rate = g.scalar("rate", "f32");
  for (const [name, value] of Object.entries({ w: wv, b: bv, v: vv, c: cv })) {
    const updated = addScaled(g, { label: `update.${name}`, to: value, x: found.get(value)!, scale: rate, factor: -1 });
    g.output(name, updated);
  }
  const program = new Program(gpu, g);
  const run = () =>
    program.run({
      scalars: { ...SCALARS, rate: RATE },
      inputs: { ...INDICES, x: pitched(all.x), seed: pitched(seed) },
    });
  // The second run starts from the weights that the first one made.
  for (let step = 0; step < 2; step++) {
    const { outputs } = await run();
    const data = (name: string) => outputs.get(name)!.data;
    assert.ok(worst(data("y"), forward(all).data) < 1e-5);
    const before = { ...all };
    for (const name of ["x", "w", "b", "v", "c"] as const) {
      const expected = centralDifferences(before, name, seed);
      const difference = worst(data(`d${name}`), expected);
      assert.ok(difference < 1e-5, `d${name} differs by ${difference}`);
      if (name === "x") continue;
      const updated = before[name].data.map((value, i) => value - RATE * expected[i]!);
      assert.ok(worst(data(name), updated) < 1e-5, `${name} after step ${step}`);
      all[name] = { ...before[name], data: Float64Array.from(data(name)) };
    }
  }
  program.dispose();
  releaseAll(gpu, parameters);
});

/** Runs the forward and backward pass, with or without computing the middle again, and gives results and memory. */
async function run(
  all: Numbers,
  seed: Matrix,
  again: boolean,
): Promise<{ results: Map<string, unknown>; nodes: number }> {
  const g = new Graph(tuningOf(gpu));
  const values = Object.fromEntries(
    Object.entries(all).map(([name, { rows, columns }]) => {
      return [name, g.input(name, "f32", [name === "x" ? "T" : rows, columns], "pitched")];
    }),
  ) as Record<keyof Numbers, Value>;
  const y = trace(g, values, (body, inputs) => again ? recompute(g, { label: "again", inputs, body }) : body(inputs));
  const found = gradients(g, { of: y, wrt: Object.values(values), seed: g.input("seed", "f32", ["R", 9], "pitched") });
  g.output("y", y);
  for (const [name, value] of Object.entries(values)) g.output(`d${name}`, found.get(value)!);
  const program = new Program(gpu, g);
  const data = Object.fromEntries(Object.entries({ ...all, seed }).map(([name, matrix]) => [name, pitched(matrix)]));
  const { outputs } = await program.run({ scalars: SCALARS, inputs: { ...INDICES, ...data } });
  program.dispose();
  return { results: outputs, nodes: g.nodes.length };
}

Deno.test("what is computed again for its gradient gives the same bits", async () => {
  const [all, seed] = [numbers(), matrixOf(INDEX.length, 9, next)];
  const [plain, again] = [await run(all, seed, false), await run(all, seed, true)];
  assert.deepEqual(again.results, plain.results);
  assert.equal(again.nodes, plain.nodes + 2, "two layers are computed a second time");
  // The bias was no input of the part that is computed again, and has its gradient nevertheless.
  const db = again.results.get("db") as { data: Float32Array };
  assert.ok(worst(db.data, centralDifferences(all, "b", seed)) < 1e-5);
});

Deno.test("computing again keeps less memory from the forward pass to the backward pass", () => {
  const bytesOf = (again: boolean) => {
    const g = new Graph();
    let x = g.input("x", "f32", ["T", 8], "pitched");
    const w = g.input("w", "f32", [8, 8], "pitched");
    const block = ({ x, w }: { x: Value; w: Value }) => {
      let y = x;
      for (const label of ["a", "b", "c", "d"]) y = linear(g, { label, x: y, weight: w });
      return y;
    };
    for (let i = 0; i < 4; i++) {
      x = again ? recompute(g, { label: `block.${i}`, inputs: { x, w }, body: block }) : block({ x, w });
    }
    const [dw] = gradients(g, { of: x, wrt: [w], seed: x }).values();
    g.output("dw", dw!);
    return planMemory(g, bytesIn({ T: 1000 })).bufferBytes.reduce((a, b) => a + b, 0);
  };
  assert.ok(bytesOf(true) < 0.7 * bytesOf(false), `${bytesOf(true)} of ${bytesOf(false)}`);
});

Deno.test("a single number needs no seed", async () => {
  const g = new Graph(tuningOf(gpu));
  const x = g.input("x", "f32", [1, 3], "pitched");
  const w = g.input("w", "f32", [3, 1], "pitched");
  const loss = linear(g, { label: "loss", x, weight: w });
  const found = gradients(g, { of: loss, wrt: [x, w] });
  g.output("dx", found.get(x)!);
  g.output("dw", found.get(w)!);
  const program = new Program(gpu, g);
  const { outputs } = await program.run({
    scalars: {},
    inputs: { x: Float32Array.of(1, 2, 3, 0), w: Float32Array.of(4, 0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0) },
  });
  assert.deepEqual(outputs.get("dx"), { data: Float32Array.of(4, 5, 6), dims: [1, 3] });
  assert.deepEqual(outputs.get("dw"), { data: Float32Array.of(1, 2, 3), dims: [3, 1] });
  program.dispose();
});

Deno.test("what cannot be differentiated says why", () => {
  const g = new Graph();
  const x = g.input("x", "f32", ["T", 4]);
  const w = g.input("w", "f32", [4, 4]);
  const y = linear(g, { label: "y", x, weight: w });
  const other = g.input("other", "f32", ["T", 4]);
  const seed = g.input("seed", "f32", ["T", 4]);
  const of = (value: Value, wrt = w) => () => gradients(g, { of: value, wrt: [wrt], seed });
  assert.throws(of(y, other), /Cannot differentiate "y.out": it does not depend on "other"/);
  assert.throws(() => gradients(g, { of: y, wrt: [w] }), /"y.out" without a seed: it must be one number, got \[T, 4\]/);
  assert.throws(() => gradients(g, { of: y, wrt: [w], seed: w }), /seed must be f32 \[T, 4\], got .*f32 \[4, 4\]/);
  const best = g.scope("layer", () => topK(g, { label: "best", x: y, k: 4 }));
  assert.throws(of(best.values), /Cannot differentiate layer\/best \(top_k\): an order has none/);
  const picked = gatherRows(g, { label: "picked", x: y, index: g.input("index", "u32", ["T"]) });
  assert.throws(of(picked), /Cannot differentiate picked \(gather_rows\): it must be given "inverse"/);
});

Deno.test("a gradient that would read what was written over is refused", () => {
  const g = new Graph();
  const x = g.input("x", "f32", ["T", 4]);
  const w = g.parameter({ label: "w", shape: [4, 4], dtype: "f32", buffer: {} as GPUBuffer });
  const y = linear(g, { label: "y", x, weight: w });
  addScaled(g, { label: "decay", to: w, x: g.input("step", "f32", [4, 4]) });
  const seed = g.input("seed", "f32", ["T", 4]);
  assert.throws(
    () => gradients(g, { of: y, wrt: [x], seed }),
    /Cannot trace y\.gradient\.x: it reads version 0 of "w", which "decay" wrote over/,
  );
});

Deno.test("every op has a gradient, or says why not", () => {
  for (const { name, gradient, noGradient } of OPS) {
    assert.ok((gradient === undefined) !== (noGradient === undefined), name);
  }
  assert.equal(new Set(OPS.map(({ name }) => name)).size, OPS.length);
});
