/** Gradients of products over views against central differences in float64. */

import assert from "node:assert/strict";
import { random } from "../../src/base/random.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { gradients } from "../../src/graph/autodiff.ts";
import { Graph } from "../../src/graph/graph.ts";
import { matmul, type MatmulCall } from "../../src/graph/ops/products/matmul.ts";
import { addScaled } from "../../src/graph/ops/training/add_scaled.ts";
import { zeros } from "../../src/graph/ops/training/zeros.ts";
import { Program } from "../../src/graph/program/program.ts";
import { type Dim, dimsOf, extentOf } from "../../src/graph/shape.ts";
import type { Value } from "../../src/graph/value.ts";
import { pitch } from "../../src/kernels/kernel.ts";
import { tuningOf } from "../../src/kernels/tuning/tuning.ts";
import { matmulAt, outIndex } from "../reference/matmul.ts";
import { bufferOf, type Matrix } from "./buffers.ts";
import { PRODUCT_CASES, type ProductCall, type ProductCase } from "./product_cases.ts";
import { rawOf } from "./raw.ts";
import { caught } from "./wrong_values.ts";

const gpu = await requestGpu();

/** Elements as they lie in memory, row padding included, in float64. */
interface Stored {
  dims: readonly number[];
  data: Float64Array;
}

/** Random elements of some shape. Padding is zero, but for the scale of a bias, which has none. */
function stored(shape: readonly Dim[], T: number, { next, tight = false }: { next: () => number; tight?: boolean }) {
  const dims = dimsOf(shape, { T });
  const columns = dims.at(-1)!;
  const rows = dims.slice(0, -1).reduce((a, b) => a * b, 1);
  const stride = tight ? columns : pitch(columns);
  const data = new Float64Array(rows * stride);
  for (let i = 0; i < data.length; i++) data[i] = i % stride < columns ? Math.fround(next()) : 0;
  return { dims, data };
}

/** A product in float64. */
function productOf(T: number, { a, b, bias, residual, m, n, k, batch = 1, out }: ProductCall<Stored>): Stored {
  const strideOf = ({ value, stride }: { value: Stored; stride?: number }) => stride ?? pitch(value.dims.at(-1)!);
  const dims = dimsOf(out.shape, { T });
  const size = dims.slice(0, -1).reduce((one, other) => one * other, 1) * pitch(dims.at(-1)!);
  const result: Stored = { dims, data: new Float64Array(size) };
  const [rows, columns, inner, matrices] = [m, n, k, batch].map((extent) => extentOf(extent, { T })) as [
    number,
    number,
    number,
    number,
  ];
  const params = {
    m: rows,
    n: columns,
    k: inner,
    batch: matrices,
    a_offset: a.offset ?? 0,
    a_stride: strideOf(a),
    a_batch: a.batch ?? 0,
    b_offset: b.offset ?? 0,
    b_stride: strideOf(b),
    b_batch: b.batch ?? 0,
    out_offset: out.offset ?? 0,
    out_stride: out.stride ?? pitch(dims.at(-1)!),
    out_batch: out.batch ?? 0,
    bias_offset: bias?.offset ?? 0,
    bias_batch: bias?.batch ?? 0,
    bias: bias === undefined ? 0 : bias.scale === undefined ? 1 : 2,
    activation: 0,
    residual: residual === undefined ? 0 : 1,
  };
  const call = {
    params,
    transposeA: a.transposed ?? false,
    transposeB: b.transposed ?? false,
    a: a.value.data,
    b: b.value.data,
    bias: bias?.value.data ?? [],
    bias_scale: bias?.scale?.data ?? [],
    residual: residual?.data ?? [],
  };
  for (let batch = 0; batch < matrices; batch++) {
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        result.data[outIndex(params, batch, r, c)] = matmulAt(call, batch, r, c).value;
      }
    }
  }
  return result;
}

/** The operands of a case, the result, and its derivative by them and the scale from the result's seed, in float64. */
function expectedOf(test: ProductCase, T: number) {
  const next = random(73);
  const operands = Object.fromEntries(
    Object.entries(test.operands).map(([name, shape]) => [name, stored(shape, T, { next })]),
  );
  const scale = test.scale && stored(test.scale, T, { next, tight: true });
  const given: Record<string, Stored> = { ...operands, ...(scale && { scale }) };
  const forward = (all: Record<string, Stored>) => test.trace((call) => productOf(T, call), all);
  const y = forward(given);
  const seed = stored(y.dims, T, { next });
  const derivative = (name: string) => {
    const { dims, data } = given[name]!;
    const loss = (at: number, delta: number) => {
      const moved = { dims, data: data.slice() };
      moved.data[at]! += delta;
      return forward({ ...given, [name]: moved }).data.reduce((sum, value, i) => sum + value * seed.data[i]!, 0);
    };
    const columns = dims.at(-1)!;
    const stride = name === "scale" ? columns : pitch(columns);
    // At most a polynomial of the fourth degree in an element, of which these are the derivatives but for rounding.
    const h = 0.25;
    return data.map((_, i) => {
      if (i % stride >= columns) return 0;
      return (8 * (loss(i, h) - loss(i, -h)) - (loss(i, 2 * h) - loss(i, -2 * h))) / (12 * h);
    });
  };
  const expected = new Map(Object.keys(given).map((name) => [name, derivative(name)]));
  return { operands, scale, y, seed, expected };
}

/**
 * A case's program. Each gradient is added to a resident, which shows its padding too. If the graph drops, the scale of a
 * bias has a gradient, which has no padding.
 */
function traced(test: ProductCase, drops: boolean) {
  const g = new Graph(tuningOf(gpu), { differentiable: true, drops });
  const values = Object.fromEntries(
    Object.entries(test.operands).map(([name, shape]) => [name, g.input(name, "f32", shape, "pitched")]),
  );
  const scale = test.scale && g.input("scale", "f32", test.scale, "tight");
  let calls = 0;
  const product = (call: ProductCall<Value>) =>
    matmul(g, { ...call as Omit<MatmulCall, "label">, label: `y${calls++}` });
  const y = test.trace(product, { ...values, ...(scale && { scale }) });
  g.output("y", y);
  const seed = g.input("seed", "f32", y.shape, "pitched");
  const wrt = [...Object.values(values), ...(scale && drops ? [scale] : [])];
  const found = gradients(g, { of: y, wrt, seed });
  if (scale && drops) g.output("dscale", found.get(scale)!);
  for (const [name, value] of Object.entries(values)) {
    g.output(`d${name}`, found.get(value)!);
    addScaled(g, { label: `held.${name}`, to: g.resident(`held.${name}`, "f32", value.shape), x: found.get(value)! });
  }
  return g;
}

/** Cases with the scale of a bias are differentiated by it too, in a graph that drops. */
const PROGRAMS = Object.entries(PRODUCT_CASES).flatMap(([what, test]) => [
  { what, test, drops: false },
  ...(test.scale === undefined ? [] : [{ what: `${what}, by the scale too`, test, drops: true }]),
]);

for (const { what, test, drops } of PROGRAMS) {
  for (const T of [7, 1, 0]) {
    Deno.test(`gradients of products with ${T} rows: ${what}`, async () => {
      const { operands, scale, y, seed, expected } = expectedOf(test, T);
      const program = new Program(gpu, traced(test, drops));
      const names = Object.keys(operands);
      const zeros = (data: Float64Array): Matrix => ({ rows: Math.max(1, data.length / 4), columns: 4, data });
      const held = new Map(
        names.map((name) => [name, bufferOf(gpu, zeros(new Float64Array(Math.max(4, operands[name]!.data.length))))]),
      );
      const inputs: Record<string, Float32Array<ArrayBuffer>> = { seed: Float32Array.from(seed.data) };
      for (const name of names) inputs[name] = Float32Array.from(operands[name]!.data);
      if (scale) inputs.scale = Float32Array.from(scale.data);
      const residents = Object.fromEntries([...held].map(([name, buffer]) => [`held.${name}`, buffer]));
      const run = () => program.run({ scalars: { ...(program.scalars.has("T") && { T }) }, inputs, residents });
      const { outputs } = await run();
      assertClose("the result", outputs.get("y")!.data as Float32Array, unpadded(y));
      for (const name of names) {
        const { dims } = operands[name]!;
        const wanted = { dims, data: expected.get(name)! };
        assertClose(`the gradient by ${name}`, outputs.get(`d${name}`)!.data as Float32Array, unpadded(wanted));
      }
      if (drops) {
        assertClose("the gradient by the scale", outputs.get("dscale")!.data as Float32Array, expected.get("scale")!);
      }
      const filled = names.filter((name) => operands[name]!.data.length > 0);
      const raw = await rawOf(
        gpu,
        Object.fromEntries(filled.map((name) => [name, [held.get(name)!, operands[name]!.data.length / 4]])),
      );
      for (const name of filled) assertClose(`the gradient by ${name}, padded`, raw.get(name)!, expected.get(name)!);
      const again = await run();
      assert.deepEqual(again.outputs, outputs, "a second run gives other bits");
      program.dispose();
      for (const buffer of held.values()) gpu.buffers.release(buffer);
    });
  }
}

function assertClose(what: string, found: Float32Array, expected: Float64Array): void {
  assert.equal(found.length, expected.length, what);
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  expected.forEach((value, i) => {
    const error = Math.abs(found[i]! - value);
    assert.ok(error <= 1e-5 * largest, `${what}[${i}]: expected ${value}, got ${found[i]}; the largest is ${largest}`);
  });
}

function unpadded({ dims, data }: Stored): Float64Array {
  const columns = dims.at(-1)!;
  return data.filter((_, i) => i % pitch(columns) < columns);
}

/** A product of two matrices of `[T, 12]` and `[4, 8]` side by side that can be differentiated, but for `change`. */
function refused(change: (g: Graph, v: (...shape: Dim[]) => Value) => Partial<MatmulCall>): string {
  const g = new Graph();
  let count = 0;
  const v = (...shape: Dim[]) => g.input(`x${count++}`, "f32", shape, "pitched");
  const call: MatmulCall = {
    label: "product",
    a: { value: v("T", 8), batch: 4 },
    b: { value: v(4, 8), batch: 4 },
    m: "T",
    n: 4,
    k: 4,
    batch: 2,
    out: { shape: ["T", 8], batch: 4 },
    bias: { value: v(1, 8), batch: 4 },
    ...change(g, v),
  };
  const y = matmul(g, call);
  const wrt = [call.a.value, call.b.value, ...(call.bias ? [call.bias.value] : [])];
  return caught(() => gradients(g, { of: y, wrt, seed: g.input("seed", "f32", y.shape, "pitched") })).message;
}

const OWN = "a matrix of its own for each of the batch, got a view of";
const COLUMNS = "columns of all rows of a matrix, batches side by side, got a view of";
const BIASES = "matrices side by side, one bias behind the other, got a view of";

/** Views whose gradients are refused. */
const REFUSED: [what: string, change: Parameters<typeof refused>[0], message: string][] = [
  ["nothing", () => ({}), "nothing was refused"],
  ["a that batches share", (_, v) => ({ a: { value: v("T", 4) } }), `a must be ${OWN} [T, 4]`],
  ["b that batches share", (_, v) => ({ b: { value: v(4, 4) } }), `b must be ${OWN} [4, 4]`],
  ["a bias that batches share", (_, v) => ({ bias: { value: v(1, 4) } }), `bias must be ${BIASES} [1, 4]`],
  ["gaps between columns of b", (_, v) => ({ b: { value: v(4, 12), batch: 8 } }), `b must be ${COLUMNS} [4, 12]`],
  ["gaps between columns of a", (_, v) => ({ a: { value: v("T", 12), batch: 8 } }), `a must be ${COLUMNS} [T, 12]`],
  [
    "gaps between biases",
    (_, v) => ({ bias: { value: v(1, 12), batch: 8 } }),
    `bias must be ${BIASES} [1, 12]`,
  ],
  [
    "columns of b that overlap, as many as it holds",
    (_, v) => ({
      n: 8,
      b: { value: v(4, 16), batch: 4 },
      out: { shape: ["T", 16], batch: 8 },
      bias: { value: v(1, 16), batch: 8 },
    }),
    `b must be ${COLUMNS} [4, 16]`,
  ],
  [
    "every second row of b",
    (_, v) => ({ b: { value: v(8, 8), stride: 16, batch: 4 } }),
    `b must be ${COLUMNS} [8, 8]`,
  ],
  [
    "biases with gaps between them",
    (_, v) => ({
      n: 3,
      b: { value: v(4, 2, 3), stride: 8, batch: 4 },
      out: { shape: ["T", 7], batch: 4 },
      bias: { value: v(1, 7), batch: 4 },
    }),
    `bias must be ${BIASES} [1, 7]`,
  ],
  [
    "a bias of results that are not side by side",
    (_, v) => ({ out: { shape: ["T", 2, 4], stride: 8, batch: 4 }, bias: { value: v(1, 8), batch: 4 } }),
    `bias must be ${BIASES} [1, 8]`,
  ],
  [
    "a part of another value as result",
    (g) => ({ into: zeros(g, { label: "all", shape: ["T", 8] }) }),
    'it must write all of its result, got one that writes a part of "all.out"; a weight in slices is an op of its own, ' +
    "linear_slices",
  ],
  [
    "an activation",
    () => ({ activation: "gelu" }),
    'activation must be "none", got "gelu"; trace it as an op of its own',
  ],
];

for (const [what, change, message] of REFUSED) {
  Deno.test(`the gradient of a product refuses ${what}`, () => {
    const expected = message === "nothing was refused" ? message : `Cannot differentiate product (matmul): ${message}`;
    assert.equal(refused(change), expected);
  });
}
