import assert from "node:assert/strict";
import { fc } from "../deps.ts";
import { Graph } from "../../src/graph/graph.ts";
import { bytesIn } from "./graphs.ts";
import { planMemory } from "../../src/graph/program/memory_plan.ts";
import { bytesOf, type Dim } from "../../src/graph/shape.ts";
import { inputsOf, outputsOf, type Value } from "../../src/graph/value.ts";
import { defineKernel } from "../../src/kernels/kernel.ts";

/** A kernel that reads two tensors and writes two. */
const mix = defineKernel({
  name: "mix",
  summary: "",
  source: "",
  bindings: { a: "read", b: "read", out: "write", also: "write" },
  params: {},
  constants: {},
  constantSets: [{}],
  workgroupSize: () => [1, 1, 1],
  grid: () => [1, 1, 1],
});

/** One node: which earlier values it reads, as fractions of their number, and the shapes that it writes. */
interface Recipe {
  reads: [number, number];
  writes: [Dim[], Dim[]];
}

const shape = fc.array(fc.oneof(fc.constantFrom<Dim>("T", "R", "B"), fc.integer({ min: 1, max: 9 })), { maxLength: 3 });
const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const recipe: fc.Arbitrary<Recipe> = fc.record({
  reads: fc.tuple(fraction, fraction),
  writes: fc.tuple(shape, shape),
});
const size = fc.integer({ min: 0, max: 40 });
const plans = fc.record({
  recipes: fc.array(recipe, { minLength: 1, maxLength: 24, size: "max" }),
  outputs: fc.array(fraction, { maxLength: 4 }),
  capacities: fc.record({ T: size, R: size, B: size }),
});

/** The graph of some recipes, and the outputs chosen among what its nodes write. */
function build(recipes: readonly Recipe[], outputs: readonly number[]): Graph {
  const g = new Graph();
  const values: Value[] = [g.input("x", "f32", ["T", 4])];
  recipes.forEach(({ reads, writes }, i) => {
    const [a, b] = reads.map((read) => values[Math.floor(read * values.length)]!);
    const written = g.call(mix, {
      label: `node ${i}`,
      inputs: { a, b },
      outputs: { out: { shape: writes[0] }, also: { shape: writes[1], layout: "tight" } },
      params: () => ({}),
    });
    values.push(written.out, written.also);
  });
  outputs.forEach((output, i) => g.output(`output ${i}`, values[1 + Math.floor(output * (values.length - 1))]!));
  return g;
}

/** The first and the last node that need a value; beyond the end for an output. */
function lifetimes(g: Graph): Map<Value, [first: number, last: number]> {
  const lives = new Map<Value, [number, number]>();
  g.nodes.forEach((node, i) => {
    for (const value of outputsOf(node)) lives.set(value, [i, i]);
    for (const value of inputsOf(node)) {
      const life = lives.get(value);
      if (life !== undefined) life[1] = i;
    }
  });
  for (const value of g.outputs.values()) lives.get(value)![1] = Infinity;
  return lives;
}

Deno.test("values that are alive together never share a buffer, and every buffer is large enough", () => {
  fc.assert(
    fc.property(plans, ({ recipes, outputs, capacities }) => {
      const g = build(recipes, outputs);
      const { bufferBytes, bufferOf } = planMemory(g, bytesIn(capacities));
      const lives = [...lifetimes(g)];
      assert.equal(bufferOf.size, lives.length, "inputs have no buffer, all else has one");
      for (const [value, [first, last]] of lives) {
        const buffer = bufferOf.get(value)!;
        assert.ok(
          bufferBytes[buffer]! >= bytesOf(value.shape, value.layout, capacities),
          `${value.path} does not fit`,
        );
        for (const [other, [start, end]] of lives) {
          if (other === value || bufferOf.get(other) !== buffer) continue;
          assert.ok(
            end < first || last < start,
            `${value.path} and ${other.path} share a buffer while both are needed`,
          );
        }
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("a buffer that holds an output is not used again", () => {
  fc.assert(
    fc.property(plans, ({ recipes, outputs, capacities }) => {
      const g = build(recipes, outputs);
      const { bufferOf } = planMemory(g, bytesIn(capacities));
      for (const output of g.outputs.values()) {
        const made = g.nodes.findIndex((node) => node === output.node);
        const later = g.nodes.slice(made).flatMap(outputsOf).filter((value) => value !== output);
        for (const value of later) assert.notEqual(bufferOf.get(value), bufferOf.get(output), value.path);
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("a buffer is no larger than its largest value", () => {
  fc.assert(
    fc.property(plans, ({ recipes, outputs, capacities }) => {
      const { bufferBytes, bufferOf } = planMemory(build(recipes, outputs), bytesIn(capacities));
      const largest = bufferBytes.map(() => 0);
      for (const [{ shape, layout }, buffer] of bufferOf) {
        largest[buffer] = Math.max(largest[buffer]!, bytesOf(shape, layout, capacities));
      }
      assert.deepEqual(bufferBytes, largest);
    }),
    { numRuns: 300 },
  );
});

Deno.test("values of one size have as many buffers as are alive at once, no more", () => {
  const same = plans.map(({ recipes, ...rest }) => ({
    ...rest,
    recipes: recipes.map(({ reads }): Recipe => ({ reads, writes: [[3, 4], [3, 4]] })),
  }));
  fc.assert(
    fc.property(same, ({ recipes, outputs, capacities }) => {
      const g = build(recipes, outputs);
      const lives = [...lifetimes(g).values()];
      const alive = g.nodes.map((_, i) => lives.filter(([first, last]) => first <= i && i <= last).length);
      assert.equal(planMemory(g, bytesIn(capacities)).bufferBytes.length, Math.max(...alive));
    }),
    { numRuns: 300 },
  );
});

Deno.test("a chain runs in two buffers, however long", () => {
  const recipes = Array.from({ length: 20 }, (): Recipe => ({ reads: [0.9999, 0.9999], writes: [["T", 8], [1]] }));
  const g = new Graph();
  let x = g.input("x", "f32", ["T", 8]);
  for (const [i] of recipes.entries()) {
    const outputs = { out: { shape: ["T", 8] }, also: { shape: [1] } };
    x = g.call(mix, { label: `${i}`, inputs: { a: x, b: x }, outputs, params: () => ({}) }).out;
  }
  g.output("last", x);
  const { bufferBytes } = planMemory(g, bytesIn({ T: 10 }));
  assert.deepEqual([...bufferBytes].sort((a, b) => b - a), [320, 320, 16]);
});
