/** Parts of a graph through which no gradient goes. */

import assert from "node:assert/strict";
import { gradients } from "../../src/graph/autodiff.ts";
import { detached } from "../../src/graph/detached.ts";
import { Graph } from "../../src/graph/graph.ts";
import { linear } from "../../src/graph/ops/products/linear.ts";

Deno.test("no gradient goes through what is detached, even to a weight that others read", () => {
  const g = new Graph(undefined, { differentiable: true, drops: true });
  const [x, weight] = [g.input("x", "f32", [8, 8]), g.input("w", "f32", [8, 8])];
  const given = detached(g, () => {
    assert.deepEqual([g.differentiable, g.drops], [false, false]);
    return linear(g, { label: "given", x, weight, activation: "gelu" });
  });
  assert.deepEqual([g.differentiable, g.drops], [true, true]);
  assert.deepEqual(g.nodes.map(({ label }) => label), ["given"], "the activation is no op of its own");
  const seed = g.input("seed", "f32", [8, 8]);
  const before = g.nodes.length;
  const own = linear(g, { label: "own", x: given, weight });
  assert.ok(gradients(g, { of: own, wrt: [weight], seed }).has(weight));
  assert.throws(() => gradients(g, { of: own, wrt: [x], seed }), /it does not depend on "x"/);
  const traced = g.nodes.slice(before).map(({ label }) => label);
  assert.deepEqual(traced, ["own", "own.gradient.weight"], "nothing of the given part is differentiated");
});

Deno.test("a detached part that cannot be traced leaves the graph as it was", () => {
  const g = new Graph(undefined, { differentiable: true, drops: true });
  assert.throws(() =>
    detached(g, () => linear(g, { label: "y", x: g.input("x", "f32", [8, 4]), weight: g.input("w", "f32", [8, 8]) }))
  );
  assert.deepEqual([g.differentiable, g.drops], [true, true]);
});
