/** One way to a value's memory: for kernels, for textures, for what is read back and for what is recorded. */

import assert from "node:assert/strict";
import { random } from "../../src/base/random.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { Graph } from "../../src/graph/graph.ts";
import { linear } from "../../src/graph/ops/products/linear.ts";
import { matmul } from "../../src/graph/ops/products/matmul.ts";
import { addScaled } from "../../src/graph/ops/training/add_scaled.ts";
import { Program } from "../../src/graph/program/program.ts";
import type { Dim, Extent } from "../../src/graph/shape.ts";
import type { Value } from "../../src/graph/value.ts";
import { defaultTuning } from "../../src/kernels/tuning/shipped.ts";
import type { Tuning } from "../../src/kernels/tuning/slots.ts";
import { tuningOf } from "../../src/kernels/tuning/tuning.ts";
import { matrixOf, parameterOf, pitched, releaseAll, times, transposed, worst } from "./buffers.ts";

const gpu = await requestGpu();
const next = random(31);

for (const rows of [1, 64, 65, 130]) {
  Deno.test(`inputs as both matrices of a product of ${rows} rows`, async () => {
    const [a, b] = [matrixOf(rows, 256, next), matrixOf(256, 192, next)];
    const g = new Graph(tuningOf(gpu));
    const first = g.input("first", "f32", [4]);
    const x = g.input("x", "f32", ["T", 256], "pitched");
    const weight = g.input("w", "f32", [256, 192], "pitched");
    g.output("y", linear(g, { label: "y", x, weight }));
    g.output("x", x);
    g.output("first", first);
    const program = new Program(gpu, g);
    const inputs = { first: Float32Array.of(1, 2, 3, 4), x: pitched(a), w: pitched(b) };
    const { outputs } = await program.run({ scalars: { T: rows }, inputs });
    assert.ok(worst(outputs.get("y")!.data, times(a, b).data) < 1e-4);
    assert.deepEqual(outputs.get("x"), { data: pitched(a), dims: [rows, 256] });
    assert.deepEqual(outputs.get("first"), { data: inputs.first, dims: [4] });
    program.dispose();
  });
}

Deno.test("outputs may be weights, and padding stays behind", async () => {
  const matrix = matrixOf(3, 5, next);
  const w = parameterOf(gpu, "w", matrix);
  const g = new Graph(tuningOf(gpu));
  g.output("w", g.parameter(w));
  const program = new Program(gpu, g);
  const { outputs } = await program.run({ scalars: {}, inputs: {} });
  assert.deepEqual(outputs.get("w"), { data: Float32Array.from(matrix.data), dims: [3, 5] });
  const half = { ...w, dtype: "f16" as const };
  assert.throws(
    () => g.output("half", g.parameter(half)),
    /Cannot make output "half" of "w": it must be f32 or u32, got f16/,
  );
  program.dispose();
  releaseAll(gpu, [w]);
});

Deno.test("what is recorded is what each node wrote, though its memory is used again", async () => {
  const w = parameterOf(gpu, "w", matrixOf(8, 8, next));
  const trace = (): Graph => {
    const g = new Graph(tuningOf(gpu));
    let x: Value = g.input("x", "f32", ["T", 8]);
    for (let i = 0; i < 5; i++) x = linear(g, { label: `layer.${i}`, x, weight: g.parameter(w), activation: "tanh" });
    addScaled(g, { label: "decay", to: g.parameter(w), x: g.input("w.step", "f32", [8, 8]) });
    g.output("last", x);
    return g;
  };
  const x = Float32Array.from({ length: 24 }, next);
  const call = { scalars: { T: 3 }, inputs: { x, "w.step": new Float32Array(64) } };
  const program = new Program(gpu, trace());
  const plain = await program.run(call);
  const bytes = program.bytes;
  const { outputs, recorded } = await program.run({ ...call, record: true });
  assert.equal(plain.recorded.size, 0);
  assert.deepEqual(outputs, plain.outputs);
  assert.equal(program.bytes, bytes, "recording keeps no value longer");
  assert.deepEqual([...recorded.keys()], [0, 1, 2, 3, 4].map((i) => `layer.${i}.out`).concat("decay.out"));
  assert.deepEqual(recorded.get("layer.4.out"), outputs.get("last"));
  // Each, computed alone from the one before, has the same bits.
  const g = new Graph(tuningOf(gpu));
  const before = g.input("x", "f32", ["T", 8]);
  g.output("y", linear(g, { label: "y", x: before, weight: g.parameter(w), activation: "tanh" }));
  const single = new Program(gpu, g);
  let state = x;
  for (let i = 0; i < 5; i++) {
    const found = recorded.get(`layer.${i}.out`)!;
    assert.deepEqual(found, (await single.run({ scalars: { T: 3 }, inputs: { x: state } })).outputs.get("y"));
    state = found.data as Float32Array<ArrayBuffer>;
  }
  for (const one of [program, single]) one.dispose();
  releaseAll(gpu, [w]);
});

/** One product whose sizes are dimensions or scalars, given in the call. */
async function product(
  call: {
    a: [Dim, Dim];
    b: [Dim, Dim];
    out: [Dim, Dim];
    m: Extent;
    n: Extent;
    k: Extent;
    transposed: "a" | "b" | null;
  },
  sizes: [number, number, number],
): Promise<void> {
  // The kernels of this adapter, and those of GPUs.
  for (const tuning of [tuningOf(gpu), defaultTuning("other", gpu.limits)]) await productWith(tuning, call, sizes);
}

async function productWith(
  tuning: Tuning,
  call: Parameters<typeof product>[0],
  [m, n, k]: [number, number, number],
): Promise<void> {
  const a = matrixOf(...(call.transposed === "a" ? [k, m] as const : [m, k] as const), next);
  const b = matrixOf(...(call.transposed === "b" ? [n, k] as const : [k, n] as const), next);
  const g = new Graph(tuning);
  g.output(
    "out",
    matmul(g, {
      label: "product",
      a: { value: g.input("a", "f32", call.a, "pitched"), transposed: call.transposed === "a" },
      b: { value: g.input("b", "f32", call.b, "pitched"), transposed: call.transposed === "b" },
      m: call.m,
      n: call.n,
      k: call.k,
      out: { shape: call.out },
    }),
  );
  const program = new Program(gpu, g);
  const scalars = Object.fromEntries(Object.entries({ M: m, N: n, T: k }).filter(([name]) => g.scalars.has(name)));
  const { outputs } = await program.run({ scalars, inputs: { a: pitched(a), b: pitched(b) } });
  const [left, right] = [call.transposed === "a" ? transposed(a) : a, call.transposed === "b" ? transposed(b) : b];
  const { data, dims } = outputs.get("out")!;
  assert.deepEqual(dims, [m, n]);
  assert.ok(worst(data, times(left, right).data) < 2e-6 * Math.max(1, k), `[${m}, ${n}, ${k}]`);
  program.dispose();
}

for (const tokens of [0, 1, 3, 65, 512]) {
  Deno.test(`X^T dY over ${tokens} tokens, the inner size a dimension`, async () => {
    const sizes = { a: ["T", 10], b: ["T", 6], out: [10, 6], m: 10, n: 6, k: "T" } as const;
    await product({ ...sizes, a: ["T", 10], b: ["T", 6], out: [10, 6], transposed: "a" }, [10, 6, tokens]);
  });
}

Deno.test("all sizes of a product may be dimensions", async () => {
  for (const sizes of [[5, 7, 9], [66, 3, 4], [130, 70, 33], [2, 1, 1], [0, 4, 4], [4, 0, 4]] as const) {
    const all = { m: "M", n: "N", k: "T" } as const;
    await product({ ...all, a: ["M", "T"], b: ["T", "N"], out: ["M", "N"], transposed: null }, [...sizes]);
    await product({ ...all, a: ["M", "T"], b: ["N", "T"], out: ["M", "N"], transposed: "b" }, [...sizes]);
    await product({ ...all, a: ["T", "M"], b: ["T", "N"], out: ["M", "N"], transposed: "a" }, [...sizes]);
  }
});

Deno.test("the number of matrices may be a scalar", async () => {
  const g = new Graph(tuningOf(gpu));
  const a = g.input("a", "f32", ["rows", 4]);
  const b = g.input("b", "f32", ["rows", 4]);
  const batch = g.scalar("matrices");
  g.output(
    "out",
    matmul(g, {
      label: "squares",
      a: { value: a, batch: 16 },
      b: { value: b, batch: 16 },
      m: 4,
      n: 4,
      k: 4,
      batch,
      out: { shape: ["rows", 4], batch: 16 },
    }),
  );
  const program = new Program(gpu, g);
  const [one, two] = [matrixOf(12, 4, next), matrixOf(12, 4, next)];
  const { outputs } = await program.run({
    scalars: { rows: 12, matrices: 3 },
    inputs: { a: pitched(one), b: pitched(two) },
  });
  for (let i = 0; i < 3; i++) {
    const [x, y] = [one, two].map(({ data }) => ({ rows: 4, columns: 4, data: data.subarray(16 * i, 16 * (i + 1)) }));
    assert.ok(worst(outputs.get("out")!.data.subarray(16 * i, 16 * (i + 1)), times(x!, y!).data) < 1e-5);
  }
  program.dispose();
});
