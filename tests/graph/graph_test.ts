import assert from "node:assert/strict";
import { Graph } from "../../src/graph/graph.ts";
import { linear } from "../../src/graph/ops/products/linear.ts";
import { matmul as product } from "../../src/graph/ops/products/matmul.ts";
import { gatherRows } from "../../src/graph/ops/rows/gather_rows.ts";
import { topK } from "../../src/graph/ops/rows/top_k.ts";
import { bytesOf, columnsOf, dimsOf, rowsOf } from "../../src/graph/shape.ts";
import { inputsOf, outputsOf, type ParameterBuffer } from "../../src/graph/value.ts";
import { gatherRows as gatherKernel } from "../../src/kernels/rows/gather_rows.ts";
import { matmul } from "../../src/kernels/products/matmul.ts";

const weight: ParameterBuffer = { label: "w", shape: [8, 6], dtype: "f32", buffer: {} as GPUBuffer };

Deno.test("labels carry their scopes and are unique", () => {
  const g = new Graph();
  const x = g.input("x", "f32", ["T", 8], "pitched");
  const index = g.input("index", "u32", ["R"]);
  const pick = () => gatherRows(g, { label: "pick", x, index }).path;
  assert.equal(pick(), "pick.out");
  assert.equal(pick(), "pick#2.out");
  assert.equal(g.scope("layer.0", () => g.scope("rows", pick)), "layer.0/rows/pick.out");
  assert.throws(() => g.scope("broken", () => assert.fail("inside")), /inside/);
  assert.equal(pick(), "pick#3.out", "a scope ends even where its body throws");
});

Deno.test("an input or a parameter is one value, however often it is named", () => {
  const g = new Graph();
  assert.equal(g.input("x", "f32", ["T", 8]), g.input("x", "f32", ["T", 8]));
  assert.equal(g.parameter(weight), g.parameter(weight));
  assert.equal(g.parameter(weight).layout, "pitched");
  assert.notEqual(g.parameter({ ...weight }), g.parameter(weight));
});

Deno.test("a name stands for one output", () => {
  const g = new Graph();
  const x = g.input("x", "f32", ["T", 8]);
  const { values } = topK(g, { label: "best", x, k: 3 });
  g.output("logits", values);
  assert.throws(() => g.output("logits", values), /Cannot name two outputs "logits"/);
});

Deno.test("a node reads and writes what its kernel declares, in that order", () => {
  const g = new Graph();
  const x = g.input("x", "f32", ["T", 8], "pitched");
  const { indices, values } = topK(g, { label: "best", x, k: 3 });
  const [node] = g.nodes;
  assert.deepEqual(inputsOf(node!), [x]);
  assert.deepEqual(outputsOf(node!), [indices, values]);
  assert.deepEqual([indices.dtype, indices.layout, indices.shape], ["u32", "tight", ["T", 3]]);
  assert.equal(values.node, node);
});

Deno.test("a node that writes a part of a value reads the version before, and gives the next", () => {
  const g = new Graph();
  const x = g.input("x", "f32", ["T", 8], "pitched");
  const out = { shape: ["T", 12] };
  const call = { label: "part", a: { value: x }, b: { value: g.parameter(weight) }, m: "T", k: 8, out };
  const first = product(g, { ...call, n: 6 });
  const next = product(g, { ...call, n: 4, out: { ...out, offset: 8 }, into: first });
  assert.deepEqual([next.storage, next.version, next.path], [first.storage, 1, "part.out"]);
  const node = g.nodes[1]!;
  assert.deepEqual(outputsOf(node), [next]);
  assert.ok(inputsOf(node).includes(first));
  assert.throws(() => gatherRows(g, { label: "late", x: first, index: g.input("i", "u32", ["R"]) }), /version 0 of/);
});

Deno.test("a buffer that a variant never reads is bound to something readable", () => {
  const g = new Graph();
  const x = g.input("x", "f32", ["T", 8], "pitched");
  linear(g, { label: "dense", x, weight: g.parameter(weight) });
  const { bindings } = g.nodes[0]!;
  for (const name of ["bias", "bias_scale", "residual"]) assert.ok([x, g.parameter(weight)].includes(bindings[name]!));
  assert.deepEqual(Object.keys(bindings), [...matmul.bindingNames]);
});

Deno.test("a call that binds nothing, or gives no shape, says which buffer lacks it", () => {
  const g = new Graph();
  const call = { label: "pick", params: () => ({ rows: 1, columns: 1 }) };
  const nothing = () => g.call(gatherKernel, { ...call, inputs: {}, outputs: { out: { shape: [1] } } });
  assert.throws(nothing, /Cannot trace pick: nothing is bound to "x"/);
  const x = g.input("x", "f32", ["T", 8], "pitched");
  const noShape = () => g.call(gatherKernel, { ...call, inputs: { x, index: x }, outputs: {} });
  assert.throws(noShape, /: no shape is given for "out"/);
});

Deno.test("shapes have rows, columns and bytes once their symbols have sizes", () => {
  const shape = ["T", 3, 5];
  assert.deepEqual(dimsOf(shape, { T: 2 }), [2, 3, 5]);
  assert.equal(rowsOf(shape, { T: 2 }), 6);
  assert.equal(columnsOf(shape), 5);
  assert.equal(bytesOf(shape, "pitched", { T: 2 }), 6 * 8 * 4);
  assert.equal(bytesOf(shape, "tight", { T: 2 }), 6 * 5 * 4);
  assert.equal(bytesOf([], "pitched", {}), 16);
  assert.equal(bytesOf([], "tight", {}), 4);
  assert.equal(bytesOf(["T", 4], "tight", { T: 0 }), 0);
  assert.throws(() => dimsOf(shape, { R: 2 }), /the call gives no scalar "T"/);
  assert.throws(() => columnsOf([2, "T"]), { name: "TypeError", message: /fixed last dimension, got \[2, T\]/ });
});
