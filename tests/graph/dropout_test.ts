/** Dropout in programs: its masks, their mean, and its gradient, which draws them again. */

import assert from "node:assert/strict";
import { philox, random } from "../../src/base/random.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { gradients, recompute } from "../../src/graph/autodiff.ts";
import { Graph } from "../../src/graph/graph.ts";
import { linear } from "../../src/graph/ops/products/linear.ts";
import { attentionDropout } from "../../src/graph/ops/training/attention/dropout.ts";
import { dropout, streamOf } from "../../src/graph/ops/training/dropout.ts";
import { Program } from "../../src/graph/program/program.ts";
import type { Value } from "../../src/graph/value.ts";
import { pitch } from "../../src/kernels/kernel.ts";
import { tuningOf } from "../../src/kernels/tuning/tuning.ts";
import { type Matrix, matrixOf, pitched, times, transposed, worst } from "./buffers.ts";

const gpu = await requestGpu();

const [ROWS, COLUMNS] = [31, 13];
const SCALARS = { T: ROWS, seed: 0xfedcba98, step: 5, rate: 0.3 };

/** The factor of each element, by the definition. */
function factorsOf({ seed, step, rate }: typeof SCALARS, stream: number): Matrix {
  const rounded = Math.fround(rate);
  const data = new Float64Array(ROWS * COLUMNS);
  for (let row = 0; row < ROWS; row++) {
    for (let column = 0; column < COLUMNS; column++) {
      const i = row * pitch(COLUMNS) + column;
      const word = philox(seed, streamOf(stream, step), Math.floor(i / 2))[i % 2]!;
      data[row * COLUMNS + column] = word >= rounded * 2 ** 32 ? 1 / (1 - rounded) : 0;
    }
  }
  return { rows: ROWS, columns: COLUMNS, data };
}

const product = (a: Matrix, b: Matrix): Matrix => ({ ...a, data: a.data.map((value, i) => value * b.data[i]!) });
const sum = (a: Matrix, b: Matrix): Matrix => ({ ...a, data: a.data.map((value, i) => value + b.data[i]!) });

/** `y = dropout(dropout(x w) w + r)`, with its gradients; `again` computes the middle a second time for them. */
function program(again: boolean): Program {
  const g = new Graph(tuningOf(gpu));
  const matrix = (name: string, rows: string | number) => g.input(name, "f32", [rows, COLUMNS], "pitched");
  const [x, w, r, seed] = [matrix("x", "T"), matrix("w", COLUMNS), matrix("r", "T"), matrix("dy", "T")];
  const mask = { seed: g.scalar("seed"), step: g.scalar("step"), rate: g.scalar("rate", "f32") };
  const body = (inputs: { x: Value; w: Value; r: Value }) => {
    const h = linear(g, { label: "h", x: inputs.x, weight: inputs.w });
    const dropped = dropout(g, { label: "first", x: h, stream: 0, ...mask });
    const i = linear(g, { label: "i", x: dropped, weight: inputs.w });
    return dropout(g, { label: "second", x: i, residual: inputs.r, stream: 1, ...mask });
  };
  const y = again ? recompute(g, { label: "block", inputs: { x, w, r }, body }) : body({ x, w, r });
  const found = gradients(g, { of: y, wrt: [x, w, r], seed });
  g.output("y", y);
  for (const [name, value] of Object.entries({ x, w, r })) g.output(`d${name}`, found.get(value)!);
  return new Program(gpu, g);
}

const next = random(73);
const [x, w, r, dy] = [ROWS, COLUMNS, ROWS, ROWS].map((rows) => matrixOf(rows, COLUMNS, next)) as [
  Matrix,
  Matrix,
  Matrix,
  Matrix,
];
const inputs = { x: pitched(x), w: pitched(w), r: pitched(r), dy: pitched(dy) };

/** The same in float64. */
function expected(scalars: typeof SCALARS): Record<"y" | "dx" | "dw" | "dr", Matrix> {
  const [first, second] = [0, 1].map((stream) => factorsOf(scalars, stream)) as [Matrix, Matrix];
  const dropped = product(times(x, w), first);
  const y = sum(product(times(dropped, w), second), r);
  const di = product(dy, second);
  const dh = product(times(di, transposed(w)), first);
  const dw = sum(times(transposed(dropped), di), times(transposed(x), dh));
  return { y, dx: times(dh, transposed(w)), dw, dr: dy };
}

for (const again of [false, true]) {
  const how = again ? ", if its layers are computed again" : "";
  Deno.test(`dropout and its gradients have the masks of philox${how}`, async () => {
    const run = program(again);
    for (const scalars of [SCALARS, { ...SCALARS, step: 6 }, { ...SCALARS, rate: 0 }]) {
      const { outputs } = await run.run({ scalars, inputs });
      for (const [name, { data }] of Object.entries(expected(scalars))) {
        const error = worst(outputs.get(name)!.data, data) / Math.max(...data.map(Math.abs));
        assert.ok(error < 1e-6, `${name} is off by ${error}`);
      }
    }
    run.dispose();
  });
}

/** `y = dropout(x)`. */
function single(stream = 9): Program {
  const g = new Graph(tuningOf(gpu));
  const mask = { seed: g.scalar("seed"), step: g.scalar("step"), rate: g.scalar("rate", "f32"), stream };
  g.output("y", dropout(g, { label: "drop", x: g.input("x", "f32", ["T", COLUMNS], "pitched"), ...mask }));
  return new Program(gpu, g);
}

Deno.test("each step, stream and seed has other masks, each of the rate's share; a call has the same again", async () => {
  const ones = pitched(matrixOf(ROWS, COLUMNS, () => 1));
  const masks = new Map<string, string>();
  for (const stream of [0, 9]) {
    const program = single(stream);
    for (const step of [0, 1, 2, 4095, 4096, 2 ** 20 - 1]) {
      for (const seed of [1, 2]) {
        const scalars = { ...SCALARS, seed, step };
        const draw = async () => [...(await program.run({ scalars, inputs: { x: ones } })).outputs.get("y")!.data];
        const values = await draw();
        assert.deepEqual(await draw(), values);
        const kept = values.filter((value) => value > 0).length / values.length;
        assert.ok(Math.abs(kept - 0.7) < 5 * Math.sqrt(0.21 / values.length), `${kept} of step ${step} are kept`);
        masks.set([stream, step, seed].join(), values.map(Boolean).map(Number).join(""));
      }
    }
    program.dispose();
  }
  assert.equal(new Set(masks.values()).size, masks.size);
});

Deno.test("the mean of many masks at rate 0.5 is near 1 everywhere, and so are the sums of attention", async () => {
  const [heads, keys, steps] = [2, 8, 512];
  const g = new Graph(tuningOf(gpu));
  const mask = { seed: g.scalar("seed"), step: g.scalar("step"), rate: g.scalar("rate", "f32") };
  const x = g.input("x", "f32", ["T", COLUMNS], "pitched");
  const p = g.input("p", "f32", ["T", heads, keys], "pitched");
  g.output("states", dropout(g, { label: "states", x, ...mask, stream: 0 }));
  for (const [name, value] of Object.entries(attentionDropout(g, { label: "attention", p, ...mask, stream: 1 }))) {
    g.output(name, value);
  }
  const program = new Program(gpu, g);
  const inputs = {
    x: pitched(matrixOf(ROWS, COLUMNS, () => 1)),
    p: new Float32Array(ROWS * heads * keys).fill(1 / keys),
  };
  const means = new Map<string, Float64Array>();
  const run = async (step: number) => {
    const { outputs } = await program.run({ scalars: { ...SCALARS, rate: 0.5, step }, inputs });
    for (const [name, { data }] of outputs) {
      const sums = means.get(name) ?? new Float64Array(data.length);
      data.forEach((value, i) => sums[i]! += value / steps);
      means.set(name, sums);
    }
  };
  await Promise.all(Array.from({ length: steps }, (_, step) => run(step)));
  // An element is 0 or twice its value: its deviation is its value. Six deviations of a mean, and of the mean of all.
  const expected: [string, value: number, deviation: number][] = [
    ["states", 1, 1],
    ["dropped", 1 / keys, 1 / keys],
    ["sums", 1, 1 / Math.sqrt(keys)],
  ];
  for (const [name, value, deviation] of expected) {
    const found = means.get(name)!;
    const bound = 6 * deviation / Math.sqrt(steps);
    for (const mean of found) assert.ok(Math.abs(mean - value) < bound, `${name}: a mean is ${mean}, not ${value}`);
    const mean = found.reduce((sum, one) => sum + one, 0) / found.length;
    assert.ok(Math.abs(mean - value) < bound / Math.sqrt(found.length), `${name}: the mean of all is ${mean}`);
  }
  program.dispose();
});

Deno.test("no rows are no rows, at a rate of 1 all is 0, and a rate beyond 0 and 1 is refused", async () => {
  const program = single();
  const run = (T: number, rate: number) =>
    program.run({ scalars: { ...SCALARS, T, rate }, inputs: { x: new Float32Array(T * pitch(COLUMNS)) } });
  assert.deepEqual((await run(0, 0.1)).outputs.get("y"), { data: new Float32Array(0), dims: [0, COLUMNS] });
  for (const rate of [1, 1 - 2 ** -30]) { // the second rounds to 1
    const zeros = new Float32Array(40 * COLUMNS);
    const inputs = { x: new Float32Array(40 * pitch(COLUMNS)).fill(3) };
    const { outputs } = await program.run({ scalars: { ...SCALARS, T: 40, rate }, inputs });
    assert.deepEqual(outputs.get("y")!.data, zeros);
  }
  for (const rate of [1.01, -0.1]) {
    await assert.rejects(run(1, rate), {
      name: "RangeError",
      message: `Cannot run drop: rate must be from 0 to 1, got ${rate}`,
    });
  }
  program.dispose();
});
