/** Gradients of ops on rows and of losses against central differences in float64, at widths that are no multiple of 4. */

import assert from "node:assert/strict";
import { random } from "../../src/base/random.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { gradients } from "../../src/graph/autodiff.ts";
import { Graph } from "../../src/graph/graph.ts";
import { crossEntropy } from "../../src/graph/ops/losses/cross_entropy.ts";
import { klDivergence } from "../../src/graph/ops/losses/kl_divergence.ts";
import { mean } from "../../src/graph/ops/losses/mean.ts";
import { pointwiseLoss } from "../../src/graph/ops/losses/pointwise_loss.ts";
import { linear } from "../../src/graph/ops/products/linear.ts";
import { embeddings } from "../../src/graph/ops/rows/embeddings.ts";
import { Program } from "../../src/graph/program/program.ts";
import type { Value } from "../../src/graph/value.ts";
import { tuningOf } from "../../src/kernels/tuning/tuning.ts";
import { matrixOf, pitched, worst } from "./buffers.ts";
import { type GradientCase, type Matrices, TOKENS } from "./gradient_case.ts";
import { CASES } from "./gradient_cases.ts";

const gpu = await requestGpu();

/**
 * The derivative of `sum(y * seed)` by each element of one of the operands, by central differences of two widths, of
 * which the error is of the fourth order.
 */
function centralDifferences(test: GradientCase, name: string, seed: Float64Array): Float64Array {
  const all = matricesOf(test);
  const matrix = all[name]!;
  const loss = (delta: number, at: number) => {
    const data = matrix.data.slice();
    data[at]! += delta;
    return test.forward({ ...all, [name]: { ...matrix, data } }).reduce((sum, y, i) => sum + y * seed[i]!, 0);
  };
  const h = 1e-3;
  return matrix.data.map((_, i) => (8 * (loss(h, i) - loss(-h, i)) - (loss(2 * h, i) - loss(-2 * h, i))) / (12 * h));
}

/** The operands of a case by name. */
function matricesOf({ operands }: GradientCase): Matrices {
  return Object.fromEntries(Object.entries(operands).map(([name, { matrix }]) => [name, matrix]));
}

/** Runs a case forward and backward, from a seed if its result is not a single number. */
async function run(
  test: GradientCase,
  { tokens, differentiable }: { tokens: number; differentiable: boolean },
): Promise<{ y: ArrayLike<number>; seed: Float64Array; found: Map<string, ArrayLike<number>> }> {
  const g = new Graph(tuningOf(gpu), { differentiable });
  const values = Object.fromEntries(
    Object.entries(test.operands).map(([name, { shape }]) => [name, g.input(name, "f32", shape, "pitched")]),
  );
  const given = Object.fromEntries(
    Object.entries(test.given ?? {}).map(([name, { shape, data }]) => {
      const isIndex = data instanceof Uint32Array;
      return [name, g.input(name, isIndex ? "u32" : "f32", shape, shape.length > 1 && !isIndex ? "pitched" : "tight")];
    }),
  );
  const y = test.trace(g, values, given);
  g.output("y", y);
  const { length } = test.forward(matricesOf(test));
  const single = y.shape.length === 0;
  const seed = single ? Float64Array.of(1) : matrixOf(1, length, random(61)).data;
  const seedValue = single ? undefined : g.input("seed", "f32", y.shape, y.layout);
  const sums = gradients(g, { of: y, wrt: Object.values(values), ...(seedValue && { seed: seedValue }) });
  for (const [name, value] of Object.entries(values)) g.output(`d${name}`, sums.get(value)!);
  const program = new Program(gpu, g);
  const columns = columnsOf(y.shape);
  const inputs: Record<string, Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>> = {};
  for (const [name, { matrix }] of Object.entries(test.operands)) inputs[name] = pitched(matrix);
  for (const [name, { data }] of Object.entries(test.given ?? {})) inputs[name] = data;
  if (seedValue?.layout === "tight") inputs.seed = Float32Array.from(seed);
  else if (seedValue) inputs.seed = pitched({ rows: length / columns, columns, data: seed });
  const { outputs } = await program.run({ scalars: { T: tokens, ...test.scalars }, inputs });
  program.dispose();
  const data = (name: string) => outputs.get(name)!.data;
  return { y: data("y"), seed, found: new Map(Object.keys(values).map((name) => [name, data(`d${name}`)])) };
}

for (const [what, make] of Object.entries(CASES)) {
  for (const tokens of [TOKENS, 0]) {
    Deno.test(`gradients of ${what} over ${tokens} rows are those of central differences`, async () => {
      const test = make(tokens);
      for (const differentiable of [false, true]) {
        const { y, seed, found } = await run(test, { tokens, differentiable });
        const value = test.forward(matricesOf(test));
        assert.ok(worst(y, value) <= 1e-5 * largest(value), `the result differs by ${worst(y, value)}`);
        for (const [name, gradient] of found) {
          const expected = centralDifferences(test, name, seed);
          const difference = worst(gradient, expected) / largest(expected);
          assert.ok(difference < 1e-5, `the gradient by ${name} differs by ${difference} of the largest`);
        }
      }
    });
  }
}

Deno.test("a layer with an activation keeps what its gradient reads in a graph that is differentiated", () => {
  const kernelsOf = (differentiable: boolean) => {
    const g = new Graph(tuningOf(gpu), { differentiable });
    const [x, weight] = [g.input("x", "f32", ["T", 8]), g.input("w", "f32", [8, 8])];
    const y = linear(g, { label: "y", x, weight, activation: "gelu" });
    gradients(g, { of: y, wrt: [x, weight], seed: g.input("seed", "f32", ["T", 8]) });
    return g.nodes.map(({ label }) => label);
  };
  const [x, weight] = ["y.gradient.x", "y.gradient.weight"];
  assert.deepEqual(kernelsOf(false), ["y", "y.gradient.before", "y.gradient.activation", x, weight]);
  assert.deepEqual(kernelsOf(true), ["y", "y.activation", "y.activation.gradient", x, weight]);
});

Deno.test("the gradient of a residual alone computes nothing again", () => {
  const g = new Graph(tuningOf(gpu));
  const [x, weight, residual] = ["x", "w", "r"].map((name) => g.input(name, "f32", [8, 8])) as [Value, Value, Value];
  const y = linear(g, { label: "y", x, weight, residual, activation: "gelu" });
  const seed = g.input("seed", "f32", [8, 8]);
  assert.equal(gradients(g, { of: y, wrt: [residual], seed }).get(residual), seed);
  assert.equal(g.nodes.length, 1);
});

Deno.test("what a gradient of rows or of a loss lacks is named", () => {
  const g = new Graph();
  const [words, types, norm] = [g.input("w", "f32", [9, 4]), g.input("t", "f32", [2, 4]), g.input("n", "f32", [4])];
  const tokens = g.input("tokens", "u32", ["T", 4]);
  const call = { tokens, words, positions: null, types, weight: norm, bias: norm, embedded: false, eps: 1 };
  const y = g.scope("model", () => embeddings(g, { label: "embeddings", ...call }));
  const seed = g.input("seed", "f32", ["T", 4]);
  assert.throws(
    () => gradients(g, { of: y, wrt: [words], seed }),
    /Cannot differentiate model\/embeddings \(embeddings\): it must be given "wordStarts" and "wordOrder", the tokens that/,
  );
  assert.throws(() => gradients(g, { of: y, wrt: [types], seed }), /it must be given "typeStarts" and "typeOrder"/);
  assert.equal(gradients(g, { of: y, wrt: [norm], seed }).get(norm)?.shape.length, 1, "the norm needs no table");
  const losses = pointwiseLoss(g, { label: "losses", x: y, y: seed, kind: "squared_error" });
  const of = mean(g, { label: "loss", x: losses, divisor: "T" });
  assert.throws(
    () => gradients(g, { of, wrt: [seed] }),
    /Cannot differentiate losses \(pointwise_loss\): y must be given/,
  );
});

/** The largest magnitude, or 1 if all are 0. */
function largest(values: ArrayLike<number>): number {
  return Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
}

/** The last dimension of a shape; 1 for vectors and single numbers. */
function columnsOf(shape: Value["shape"]): number {
  return shape.length < 2 ? 1 : Number(shape.at(-1));
}

Deno.test("labels' weights, targets and teachers are given: a loss has no gradient by them", () => {
  const g = new Graph(tuningOf(gpu));
  const [x, y] = [g.input("x", "f32", ["R", 8]), g.input("y", "f32", ["R", 8])];
  const [labels, weights] = [g.input("labels", "u32", ["R"]), g.input("weights", "f32", ["R"])];
  const losses: [op: string, losses: Value, by: Value, message: string][] = [
    ["cross_entropy", crossEntropy(g, { label: "c", x, labels, weights }), weights, "weights must be given, since a "],
    ["kl_divergence", klDivergence(g, { label: "k", x, y, temperature: 2 }), y, "y must be given, since a teacher "],
    ["pointwise_loss", pointwiseLoss(g, { label: "p", x, y, kind: "squared_error" }), y, "y must be given, since a "],
  ];
  for (const [op, of, by, message] of losses) {
    const seed = g.input("seed", "f32", ["R"]);
    const expected = new RegExp(`^Cannot differentiate . \\(${op}\\): ${message}`);
    assert.throws(() => gradients(g, { of, wrt: [by], seed }), { name: "Error", message: expected });
  }
});
