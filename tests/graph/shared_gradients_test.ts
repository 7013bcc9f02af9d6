/** Gradients that several values share, as residuals make them, and to which more is added. */

import assert from "node:assert/strict";
import { random } from "../../src/base/random.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { gradients } from "../../src/graph/autodiff.ts";
import { Graph } from "../../src/graph/graph.ts";
import { linear } from "../../src/graph/ops/products/linear.ts";
import { matmul } from "../../src/graph/ops/products/matmul.ts";
import { Program } from "../../src/graph/program/program.ts";
import type { Value } from "../../src/graph/value.ts";
import { tuningOf } from "../../src/kernels/tuning/tuning.ts";
import { type Matrix, matrixOf, pitched, times, worst } from "./buffers.ts";

const gpu = await requestGpu();

/** A linear layer of the one weight. */
type Layer = (label: string, x: Value, residual?: Value) => Value;

/**
 * Graphs in which a sum of gradients is handed through as the gradient of a residual, and then more is added to it. The
 * weight is twice the identity, so that a gradient is one number: each layer on a path doubles it, a residual does not.
 */
const SHARED: [what: string, build: (layer: Layer, x: Value, r: Value) => { of: Value; wrt: [Value, ...Value[]] }][] = [
  ["a residual that is used before", (layer, x, r) => {
    const e = layer("e", r);
    const h = layer("h", x, r);
    const u = layer("u", h, h);
    return { of: layer("out", u, e), wrt: [h, r] };
  }],
  ["a residual that is used before, and layers that are used twice after", (layer, x, r) => {
    const side = layer("side", r);
    const h = layer("h", x, r);
    return { of: layer("out", side, layer("y2", h, layer("y1", h))), wrt: [h, r] };
  }],
  ["a residual of a residual", (layer, x, r) => {
    const e = layer("e", r);
    const h = layer("h", x, r);
    const i = layer("i", x, h);
    const f = layer("f", h, e);
    return { of: layer("out", layer("o", i, i), f), wrt: [i, h, r] };
  }],
];

for (const [what, build] of SHARED) {
  Deno.test(`a sum of gradients that two values share is not written over: ${what}`, async () => {
    const g = new Graph(tuningOf(gpu));
    const [x, r, seed] = ["x", "r", "seed"].map((name) => g.input(name, "f32", [1, 4])) as [Value, Value, Value];
    const w = g.input("w", "f32", [4, 4]);
    const layers = new Map<Value, { x: Value; residual: Value | undefined }>();
    const layer: Layer = (label, x, residual) => {
      const out = linear(g, { label, x, weight: w, ...(residual && { residual }) });
      layers.set(out, { x, residual });
      return out;
    };
    const { of, wrt } = build(layer, x, r);
    // Counted forwards, without sums of gradients: dy/dvalue, if w is 2 times the identity and the seed is 1.
    const derivative = (y: Value, value: Value): number => {
      if (y === value) return 1;
      const made = layers.get(y);
      if (made === undefined) return 0;
      return 2 * derivative(made.x, value) + (made.residual === undefined ? 0 : derivative(made.residual, value));
    };
    const found = gradients(g, { of, wrt, seed });
    for (const [i, value] of wrt.entries()) g.output(`${i}`, found.get(value)!);
    const program = new Program(gpu, g);
    const [zeros, ones] = [0, 1].map((value) => new Float32Array(4).fill(value)) as [Float32Array, Float32Array];
    const identity = Float32Array.from({ length: 16 }, (_, at) => at % 5 === 0 ? 2 : 0);
    const inputs = Object.fromEntries(
      [...g.inputs.keys()].map((name) => [name, name === "w" ? identity : name === "seed" ? ones : zeros]),
    );
    const { outputs } = await program.run({ scalars: {}, inputs });
    for (const [i, value] of wrt.entries()) {
      assert.deepEqual(outputs.get(`${i}`)!.data, ones.map(() => derivative(of, value)), value.path);
    }
    program.dispose();
  });
}

/** How a value of 8 columns is used, one use after the other: as a whole, by 4 of its columns, or as a residual. */
type Use = "whole" | "first" | "last" | "residual";

const USES: [what: string, uses: readonly Use[]][] = [
  ["a part, then the whole", ["last", "whole"]],
  ["the whole, then a part", ["whole", "last"]],
  ["two parts, then handed through", ["first", "last", "residual"]],
  ["handed through, then a part", ["residual", "first"]],
  ["the same part before and after the whole", ["first", "whole", "first"]],
];

/** The first column of each part. */
const PARTS = { first: 0, last: 4 };
const [ROWS, COLUMNS] = [5, 8];

/** The sum of what each use makes of `h = x s` in float64. */
function forward({ x, s, w, v }: Record<"x" | "s" | "w" | "v", Matrix>, uses: readonly Use[]): Matrix {
  const h = times(x, s);
  const columns = (from: number) => h.data.filter((_, i) => i % COLUMNS >= from && i % COLUMNS < from + 4);
  const data = new Float64Array(ROWS * COLUMNS);
  for (const use of uses) {
    const part = use === "first" || use === "last" ? { rows: ROWS, columns: 4, data: columns(PARTS[use]) } : null;
    const made = part !== null ? times(part, v) : use === "whole" ? times(h, w) : h;
    made.data.forEach((value, i) => data[i]! += value);
  }
  return { rows: ROWS, columns: COLUMNS, data };
}

for (const [what, uses] of USES) {
  Deno.test(`the gradient of a value that is used whole and in parts is the sum of all: ${what}`, async () => {
    const next = random(83);
    const square = () => matrixOf(COLUMNS, COLUMNS, next);
    const all = { x: matrixOf(ROWS, COLUMNS, next), s: square(), w: square(), v: matrixOf(4, COLUMNS, next) };
    const seed = matrixOf(ROWS, COLUMNS, next);
    const identity = { ...square(), data: new Float64Array(COLUMNS ** 2).map((_, at) => at % 9 === 0 ? 1 : 0) };
    const given = { ...all, seed, identity, zeros: matrixOf(ROWS, COLUMNS, () => 0) };
    const g = new Graph(tuningOf(gpu));
    const input = (name: keyof typeof given) => g.input(name, "f32", [given[name].rows, given[name].columns]);
    const [x, s, w, v] = [input("x"), input("s"), input("w"), input("v")];
    const h = linear(g, { label: "h", x, weight: s });
    let y = input("zeros");
    for (const use of uses) {
      if (use === "whole") y = linear(g, { label: use, x: h, weight: w, residual: y });
      else if (use === "residual") y = linear(g, { label: use, x: y, weight: input("identity"), residual: h });
      else {
        const [a, out] = [{ value: h, offset: PARTS[use] }, { shape: [ROWS, COLUMNS] }];
        y = matmul(g, { label: use, a, b: { value: v }, m: ROWS, n: COLUMNS, k: 4, out, residual: y });
      }
    }
    const found = gradients(g, { of: y, wrt: [x, s, w, v, h, y], seed: input("seed"), independent: "left out" });
    const names = (["x", "s", "w", "v"] as const).filter((name) => found.has(g.inputs.get(name)!));
    for (const name of names) g.output(name, found.get(g.inputs.get(name)!)!);
    g.output("y", found.get(y)!);
    const program = new Program(gpu, g);
    const inputs = Object.fromEntries(
      [...g.inputs.keys()].map((name) => [name, pitched(given[name as keyof typeof given])]),
    );
    const { outputs } = await program.run({ scalars: {}, inputs });
    assert.deepEqual(names, ["x", "s", ...(uses.includes("whole") ? ["w"] : []), "v"]);
    for (const name of names) {
      const expected = all[name].data.map((_, i) => {
        const loss = (delta: number) => {
          const moved = { ...all[name], data: all[name].data.with(i, all[name].data[i]! + delta) };
          return forward({ ...all, [name]: moved }, uses).data.reduce((sum, e, at) => sum + e * seed.data[at]!, 0);
        };
        return loss(0.5) - loss(-0.5);
      });
      const difference = worst(outputs.get(name)!.data, expected);
      assert.ok(difference < 1e-5, `the gradient by ${name} differs by ${difference}`);
    }
    assert.deepEqual(outputs.get("y")!.data, Float32Array.from(seed.data), "the seed was written over");
    assert.deepEqual((await program.run({ scalars: {}, inputs })).outputs, outputs, "a second run gives other bits");
    program.dispose();
  });
}
