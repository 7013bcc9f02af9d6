/** Graphs that are wrong, each refused when it is traced: by op and path, with what was expected and what was found. */

import assert from "node:assert/strict";
import { linear } from "../../src/graph/ops/products/linear.ts";
import { matmul } from "../../src/graph/ops/products/matmul.ts";
import { OPS } from "../../src/graph/ops/registry.ts";
import { softmax } from "../../src/graph/ops/rows/softmax.ts";
import { addScaled } from "../../src/graph/ops/training/add_scaled.ts";
import { zeros } from "../../src/graph/ops/training/zeros.ts";
import { differentiateAttention, WRONG_ATTENTION_GRADIENTS } from "./wrong_attention_gradients.ts";
import { WRONG_GRADIENTS } from "./wrong_gradients.ts";
import { RIGHT, WRONG_OPTIMIZER } from "./wrong_optimizer.ts";
import { attend, inBatches, multiply, slice, WRONG_PRODUCTS } from "./wrong_products.ts";
import { embed, gather, WRONG_ROWS } from "./wrong_rows.ts";
import { RIGHT_TRAINING, WRONG_TRAINING } from "./wrong_training.ts";
import { caught, label, Values } from "./wrong_values.ts";

const WRONG = [
  ...WRONG_ROWS,
  ...WRONG_PRODUCTS,
  ...WRONG_TRAINING,
  ...WRONG_GRADIENTS,
  ...WRONG_ATTENTION_GRADIENTS,
  ...WRONG_OPTIMIZER,
];

for (const [op, what, build, message] of WRONG) {
  Deno.test(`${op} refuses ${what}`, () => {
    const error = caught(() => build(new Values()));
    assert.ok(error instanceof TypeError || error instanceof RangeError, String(error));
    assert.equal(error.message, `Cannot trace wrong (${op}): ${message}`);
  });
}

/** Versions and values that are not there: refused by whatever reads or updates them. */
const UNREADABLE: [what: string, build: (v: Values) => unknown, message: RegExp][] = [
  ["a version that was written over", (v) => {
    const w = v.weight("f32", 4, 4);
    addScaled(v.g, { label: "update", to: w, x: v.f32(4, 4) });
    linear(v.g, { label, x: v.f32("T", 4), weight: w });
  }, /^Cannot trace wrong: it reads version 0 of "w0", which "update" wrote over; read version 1, or read before/],
  ["a second update of a version", (v) => {
    const w = v.weight("f32", 4, 4);
    for (const name of ["update", label]) addScaled(v.g, { label: name, to: w, x: v.f32(4, 4) });
  }, /^Cannot trace wrong: it reads version 0 of "w0"/],
  ["an output that was written over", (v) => {
    const w = v.weight("f32", 4, 4);
    addScaled(v.g, { label: "update", to: w, x: v.f32(4, 4) });
    v.g.output("w", w);
  }, /^Cannot trace output "w": it reads version 0 of "w0"/],
  ["an update of what an output still reads", (v) => {
    const w = v.weight("f32", 4, 4);
    v.g.output("w", w);
    addScaled(v.g, { label, to: w, x: v.f32(4, 4) });
  }, /^Cannot trace wrong: an update of a value that is still read: output "w" is version 0 of "w0"/],
  ["an update of what the same kernel reads", (v) => {
    const w = v.weight("f32", 4, 4);
    addScaled(v.g, { label, to: w, x: w });
  }, /^Cannot trace wrong: an update of a value that is still read: the call reads "w0" too/],
  ["a product that writes into an input", (v) => {
    multiply(v, () => ({ into: v.f32("T", 12) }));
  }, /^Cannot trace wrong: "x2" must be a parameter, a resident or the result of a kernel to be updated, got an input/],
  ["a product that writes into what it reads", (v) => {
    const x = zeros(v.g, { label: "x", shape: [12, 12] });
    const call = { a: { value: x }, b: { value: v.f32(12, 12) }, m: 12, n: 12, k: 12, out: { shape: [12, 12] } };
    matmul(v.g, { label, ...call, into: x });
  }, /^Cannot trace wrong: an update of a value that is still read: the call reads "x.out" too/],
  ["an update of an input", (v) => {
    addScaled(v.g, { label, to: v.f32(4, 4), x: v.f32(4, 4) });
  }, /^Cannot trace wrong: "x0" must be a parameter, a resident or the result of a kernel to be updated, got an input/],
  ["a value of another graph", (v) => {
    softmax(v.g, { label, x: new Values().f32("T", 4) });
  }, /^Cannot trace wrong: "x0" is a value of another graph/],
  ["two types of one input", (v) => {
    v.g.input("x", "f32", ["T", 4]);
    v.g.input("x", "u32", ["T", 4]);
  }, /^Cannot declare input "x" as u32 \[T, 4\]: it is tight f32 \[T, 4\] already/],
  ["two shapes of one resident", (v) => {
    v.g.resident("x", "f32", ["T", 4]);
    v.g.resident("x", "f32", ["R", 4]);
  }, /^Cannot declare resident "x" as f32 \[R, 4\]: it is f32 \[T, 4\] already/],
  ["a symbol that is a fraction elsewhere", (v) => {
    v.g.scalar("rate", "f32");
    v.f32("rate", 4);
  }, /^Cannot declare scalar "rate" as u32: it is f32 already/],
];

for (const [what, build, message] of UNREADABLE) {
  Deno.test(`a graph refuses ${what}`, () => assert.match(caught(() => build(new Values())).message, message));
}

Deno.test("what the wrong graphs vary is right, and every op has a wrong graph", () => {
  const v = new Values();
  embed(v, {});
  multiply(v, () => ({}));
  inBatches(v, () => ({}));
  const B = { batch: "B", out: { shape: ["B", 2, 4], batch: 8 } };
  inBatches(v, () => ({ ...B, a: { value: v.f32("B", 2, 8), batch: 16 } }));
  inBatches(v, () => ({ ...B, a: { value: v.f32("B", 12, 8), batch: 96, offset: 80 } }));
  attend(v, () => ({}));
  slice(v, {});
  gather(v, { wordStarts: v.u32(28), wordOrder: v.u32("T") });
  assert.equal(v.g.tape.entries.length, 10);
  differentiateAttention(v);
  assert.equal(v.g.tape.entries.length, 22);
  for (const build of [...RIGHT, ...RIGHT_TRAINING]) build(new Values());
  const refused = new Set<string>(WRONG.map(([op]) => op));
  const ops = OPS.map(({ name }) => name);
  const without = ops.filter((op) => !refused.has(op));
  const files = "tests/graph/wrong_*.ts";
  assert.deepEqual(without, [], `${files} have no row for op ${without.join(", ")}; add one to any`);
  const unknown = [...refused].filter((op) => !ops.includes(op));
  assert.deepEqual(unknown, [], `${files} have a row for ${unknown.join(", ")}, which is no op`);
});
