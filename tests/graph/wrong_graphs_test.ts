/** Graphs that are wrong, each refused when it is traced: by op and path, with what was expected and what was found. */

import assert from "node:assert/strict";
import { Graph } from "../../src/graph/graph.ts";
import { attention, type AttentionCall } from "../../src/graph/ops/attention/attention.ts";
import { crossEntropy } from "../../src/graph/ops/losses/cross_entropy.ts";
import { mean } from "../../src/graph/ops/losses/mean.ts";
import { pointwiseLoss } from "../../src/graph/ops/losses/pointwise_loss.ts";
import { linear } from "../../src/graph/ops/products/linear.ts";
import { matmul, type MatmulCall } from "../../src/graph/ops/products/matmul.ts";
import { OPS } from "../../src/graph/ops/registry.ts";
import { embeddings } from "../../src/graph/ops/rows/embeddings.ts";
import { gatherRows } from "../../src/graph/ops/rows/gather_rows.ts";
import { layerNorm } from "../../src/graph/ops/rows/layer_norm.ts";
import { meanRows } from "../../src/graph/ops/rows/mean_rows.ts";
import { reshape } from "../../src/graph/ops/rows/reshape.ts";
import { softmax } from "../../src/graph/ops/rows/softmax.ts";
import { topK } from "../../src/graph/ops/rows/top_k.ts";
import { addScaled } from "../../src/graph/ops/training/add_scaled.ts";
import { columnSums } from "../../src/graph/ops/training/column_sums.ts";
import type { Dim, Layout } from "../../src/graph/shape.ts";
import type { Value } from "../../src/graph/value.ts";

const label = "wrong";

/** Values of any type, each its own. */
class Values {
  readonly g = new Graph();
  #count = 0;

  /** An input of f32, rows pitched. */
  f32(...shape: Dim[]): Value {
    return this.#input("f32", shape, "pitched");
  }

  /** An input of f32 without row padding. */
  tight(...shape: Dim[]): Value {
    return this.#input("f32", shape, "tight");
  }

  u32(...shape: Dim[]): Value {
    return this.#input("u32", shape, "tight");
  }

  /** A weight. */
  weight(dtype: "f32" | "f16", ...shape: number[]): Value {
    return this.g.parameter({ label: `w${this.#count++}`, dtype, shape, buffer: {} as GPUBuffer });
  }

  #input(dtype: "f32" | "u32", shape: Dim[], layout: Layout): Value {
    return this.g.input(`x${this.#count++}`, dtype, shape, layout);
  }
}

/** Embeddings that are right but for `change`. */
function embed(v: Values, change: Partial<Parameters<typeof embeddings>[1]>): void {
  embeddings(v.g, {
    label,
    tokens: v.u32("T", 4),
    words: v.weight("f32", 99, 12),
    embedded: false,
    positions: v.weight("f32", 64, 12),
    types: v.weight("f32", 2, 12),
    weight: v.weight("f32", 1, 12),
    bias: v.weight("f32", 1, 12),
    eps: 1e-12,
    ...change,
  });
}

/** A product of `[T, 8]` and `[8, 12]` that is right but for `change`. */
function multiply(v: Values, change: (right: MatmulCall) => Partial<MatmulCall>): void {
  const right: MatmulCall = {
    label,
    a: { value: v.f32("T", 8) },
    b: { value: v.f32(8, 12) },
    m: "T",
    n: 12,
    k: 8,
    out: { shape: ["T", 12] },
  };
  matmul(v.g, { ...right, ...change(right) });
}

/** Attention of 2 heads of size 4 that is right but for `change`. */
function attend(v: Values, change: (right: AttentionCall) => Partial<AttentionCall>): void {
  const { g } = v;
  const tables = v.u32("G");
  const qkv = v.f32("T", 24);
  const table = (name: string) => ({ value: tables, at: g.scalar(name) });
  const right: AttentionCall = {
    label,
    rows: {
      tiles: { ...table("tilesAt"), count: g.scalar("tiles") },
      queryPositions: table("rowsAt"),
      keyPositions: table("tokensAt"),
      keys: "K",
    },
    heads: 2,
    headSize: 4,
    scale: 0.5,
    q: { value: qkv, distance: 4 },
    k: { value: qkv, offset: 8, distance: 4 },
    v: { value: qkv, offset: 16, distance: 4 },
    headScale: v.tight(4),
    relative: null,
  };
  attention(g, { ...right, ...change(right) }, { slot: "attention_full", probabilities: "none" });
}

/** An op, what is wrong, the graph, and what the message says after `Cannot trace wrong (op): `. */
type Wrong = [op: string, what: string, build: (v: Values) => unknown, message: string];

const WRONG: Wrong[] = [
  [
    "linear",
    "another width",
    (v) => linear(v.g, { label, x: v.f32("T", 12), weight: v.weight("f32", 10, 8) }),
    "weight must be [12, *], got [10, 8]",
  ],
  [
    "linear",
    "a transposed weight",
    (v) => linear(v.g, { label, x: v.f32("T", 12), weight: v.weight("f32", 12, 8), transposed: true }),
    "weight must be [*, 12], got [12, 8]",
  ],
  [
    "linear",
    "a bias of 3 for 8",
    (v) => linear(v.g, { label, x: v.f32("T", 12), weight: v.weight("f32", 12, 8), bias: v.weight("f32", 1, 3) }),
    "bias must be [1, 8], got [1, 3]",
  ],
  [
    "linear",
    "a bias of f16",
    (v) => linear(v.g, { label, x: v.f32("T", 12), weight: v.weight("f32", 12, 8), bias: v.weight("f16", 1, 8) }),
    "bias must be f32, got f16 [1, 8]",
  ],
  [
    "linear",
    "the input's residual",
    (v) => linear(v.g, { label, x: v.f32("T", 12), weight: v.weight("f32", 12, 8), residual: v.f32("T", 12) }),
    "residual must be [T, 8], got [T, 12]",
  ],
  [
    "linear",
    "rows without padding",
    (v) => linear(v.g, { label, x: v.tight("T", 10), weight: v.weight("f32", 10, 8) }),
    "x must be pitched, got tight f32 [T, 10]",
  ],
  [
    "linear",
    "integers",
    (v) => linear(v.g, { label, x: v.u32("T", 12), weight: v.weight("f32", 12, 8) }),
    "x must be f32, got u32 [T, 12]",
  ],
  [
    "matmul",
    "another inner size",
    (v) => multiply(v, () => ({ k: 12 })),
    "a must have rows of 12 columns or more, got [T, 8]",
  ],
  ["matmul", "other rows of a", (v) => multiply(v, () => ({ m: "R" })), "a must have R rows, got [T, 8]"],
  [
    "matmul",
    "other rows of b",
    (v) => multiply(v, () => ({ b: { value: v.f32(9, 12) } })),
    "b must have 8 rows, got [9, 12]",
  ],
  [
    "matmul",
    "b that is stored transposed",
    (v) => multiply(v, () => ({ b: { value: v.f32(8, 12), transposed: true } })),
    "b must have 12 rows, got [8, 12]",
  ],
  [
    "matmul",
    "an output that is too narrow",
    (v) => multiply(v, () => ({ out: { shape: ["T", 8] } })),
    "out must have rows of 12 columns or more, got [T, 8]",
  ],
  [
    "matmul",
    "an output of other rows",
    (v) => multiply(v, () => ({ out: { shape: ["R", 12] } })),
    "out must have T rows, got [R, 12]",
  ],
  [
    "matmul",
    "an offset between fours",
    (v) => multiply(v, ({ a }) => ({ a: { ...a, offset: 2 } })),
    "offset of a must be a multiple of 4, got 2",
  ],
  [
    "matmul",
    "batches that leave their rows",
    (v) => multiply(v, ({ b }) => ({ batch: 3, b: { ...b, batch: 4 }, n: 8 })),
    "b must have rows of 16 columns or more, got [8, 12]",
  ],
  [
    "matmul",
    "a short bias",
    (v) => multiply(v, () => ({ bias: { value: v.f32(1, 8) } })),
    "bias must have 12 elements or more, got [1, 8]",
  ],
  [
    "matmul",
    "a scale of other rows",
    (v) => multiply(v, () => ({ bias: { value: v.f32(1, 12), scale: v.tight("R", 1) } })),
    "scale of bias must be [T, 1], got [R, 1]",
  ],
  [
    "matmul",
    "an unknown activation",
    (v) => multiply(v, () => ({ activation: "sine" as "tanh" })),
    "activation must be one of none, gelu, gelu_new, gelu_pytorch_tanh, relu, silu, swish, tanh, got sine",
  ],
  [
    "embeddings",
    "tokens of three fields",
    (v) => embed(v, { tokens: v.u32("T", 3) }),
    "tokens must be [*, 4], got [T, 3]",
  ],
  [
    "embeddings",
    "tokens that are no integers",
    (v) => embed(v, { tokens: v.f32("T", 4) }),
    "tokens must be u32, got f32 [T, 4]",
  ],
  [
    "embeddings",
    "positions of another width",
    (v) => embed(v, { positions: v.weight("f32", 64, 8) }),
    "positions must be [*, 12], got [64, 8]",
  ],
  [
    "embeddings",
    "embeddings of other tokens",
    (v) => embed(v, { embedded: true, words: v.f32("R", 12) }),
    "words must be [T, *], got [R, 12]",
  ],
  [
    "embeddings",
    "types of f16",
    (v) => embed(v, { types: v.weight("f16", 2, 12) }),
    "types must be f32, got f16 [2, 12]",
  ],
  ["embeddings", "an epsilon of 0", (v) => embed(v, { eps: 0 }), "eps must be a positive number, got 0"],
  [
    "layer_norm",
    "4 weights for 12 columns",
    (v) =>
      layerNorm(v.g, { label, x: v.f32("T", 12), weight: v.weight("f32", 1, 4), bias: v.weight("f32", 1, 12), eps: 1 }),
    "weight must be [1, 12], got [1, 4]",
  ],
  [
    "layer_norm",
    "a residual of other rows",
    (v) =>
      layerNorm(v.g, {
        label,
        x: v.f32("T", 12),
        residual: v.f32("R", 12),
        weight: v.f32(12),
        bias: v.f32(12),
        eps: 1,
      }),
    "residual must be [T, 12], got [R, 12]",
  ],
  [
    "layer_norm",
    "a bias without padding",
    (v) => layerNorm(v.g, { label, x: v.f32("T", 6), weight: v.f32(6), bias: v.tight(6), eps: 1 }),
    "bias must be pitched, got tight f32 [6]",
  ],
  [
    "gather_rows",
    "an index of f32",
    (v) => gatherRows(v.g, { label, x: v.f32("T", 8), index: v.tight("R") }),
    "index must be u32, got tight f32 [R]",
  ],
  [
    "gather_rows",
    "an index of two dimensions",
    (v) => gatherRows(v.g, { label, x: v.f32("T", 8), index: v.u32("R", 1) }),
    "index must be [*], got [R, 1]",
  ],
  [
    "gather_rows",
    "an inverse of the result's rows",
    (v) => gatherRows(v.g, { label, x: v.f32("T", 8), index: v.u32("R"), inverse: v.u32("R") }),
    "inverse must be [T], got [R]",
  ],
  [
    "gather_rows",
    "rows of heads",
    (v) => gatherRows(v.g, { label, x: v.f32("T", 2, 8), index: v.u32("R") }),
    "x must be [*, *], got [T, 2, 8]",
  ],
  [
    "mean_rows",
    "a start for each segment",
    (v) => meanRows(v.g, { label, x: v.f32("T", 8), starts: v.u32(4), segments: 4 }),
    "starts must be [5], one more than segments, got [4]",
  ],
  [
    "mean_rows",
    "starts of f32",
    (v) => meanRows(v.g, { label, x: v.f32("T", 8), starts: v.tight(5), segments: 4 }),
    "starts must be u32, got tight f32 [5]",
  ],
  [
    "reshape",
    "other elements",
    (v) => reshape(v.g, { label, x: v.f32("T", 8), shape: ["T", 9] }),
    "shape must have as many elements as [T, 8], got [T, 9]",
  ],
  [
    "reshape",
    "rows without padding",
    (v) => reshape(v.g, { label, x: v.tight("T", 6), shape: ["T", 2, 3] }),
    "x must be pitched, got tight f32 [T, 6]",
  ],
  [
    "softmax",
    "a tight [2, 3]",
    (v) => softmax(v.g, { label, x: v.tight(2, 3) }),
    "x must be pitched, got tight f32 [2, 3]",
  ],
  ["softmax", "integers", (v) => softmax(v.g, { label, x: v.u32("T", 4) }), "x must be f32, got u32 [T, 4]"],
  [
    "top_k",
    "more than there are",
    (v) => topK(v.g, { label, x: v.f32("R", 9), k: 10 }),
    "k must be a whole number from 1 to 9, got 10",
  ],
  [
    "top_k",
    "more than the kernel can",
    (v) => topK(v.g, { label, x: v.f32("R", 999), k: 129 }),
    "k must be a whole number from 1 to 128, got 129",
  ],
  [
    "top_k",
    "logits of f16",
    (v) => topK(v.g, { label, x: v.weight("f16", 4, 8), k: 1 }),
    "x must be f32, got f16 [4, 8]",
  ],
  [
    "cross_entropy",
    "labels of other rows",
    (v) => crossEntropy(v.g, { label, x: v.f32("R", 9), labels: v.u32("B") }),
    "labels must be [R], got [B]",
  ],
  [
    "cross_entropy",
    "labels of f32",
    (v) => crossEntropy(v.g, { label, x: v.f32("R", 9), labels: v.tight("R") }),
    "labels must be u32, got tight f32 [R]",
  ],
  [
    "pointwise_loss",
    "targets of other columns",
    (v) => pointwiseLoss(v.g, { label, x: v.f32("B", 3), y: v.f32("B", 2), kind: "squared_error" }),
    "y must be [B, 3], got [B, 2]",
  ],
  [
    "pointwise_loss",
    "an unknown kind",
    (v) => pointwiseLoss(v.g, { label, x: v.f32("B", 3), y: v.f32("B", 3), kind: "cubed_error" as "squared_error" }),
    "kind must be squared_error or binary_cross_entropy, got cubed_error",
  ],
  ["mean", "a matrix", (v) => mean(v.g, { label, x: v.f32("R", 4), divisor: 4 }), "x must be [*], got [R, 4]"],
  [
    "attention",
    "queries that leave their rows",
    (v) => attend(v, ({ q }) => ({ q: { ...q, offset: 20 } })),
    "q must have rows of 28 columns or more, got [T, 24]",
  ],
  [
    "attention",
    "values of other tokens",
    (v) => attend(v, () => ({ v: { value: v.f32("R", 8), distance: 4 } })),
    "v must be [T, 8], got [R, 8]",
  ],
  [
    "attention",
    "keys of u32",
    (v) => attend(v, () => ({ k: { value: v.u32("T", 8), distance: 4 } })),
    "k must be f32, got u32 [T, 8]",
  ],
  [
    "attention",
    "a scale for one head of two",
    (v) => attend(v, () => ({ headScale: v.tight(1) })),
    "headScale must have 2 elements or more, got [1]",
  ],
  [
    "attention",
    "a head size between fours",
    (v) => attend(v, () => ({ headSize: 6 })),
    "head size must be a multiple of 4, got 6",
  ],
  [
    "attention",
    "tables in two buffers",
    (v) => attend(v, ({ rows }) => ({ rows: { ...rows, keyPositions: { ...rows.keyPositions, value: v.u32("G") } } })),
    "keyPositions must lie in the value that holds the tiles, got another",
  ],
  [
    "attention",
    "distances of another head size",
    (v) => attend(v, () => ({ relative: { distance: v.weight("f32", 7, 8), center: 3, withKeys: false } })),
    "distance must have rows of 4 columns, padding included, got [7, 8]",
  ],
  [
    "attention",
    "a center outside the distances",
    (v) => attend(v, () => ({ relative: { distance: v.weight("f32", 7, 4), center: 7, withKeys: false } })),
    "center must be a whole number from 0 to 6, got 7",
  ],
  [
    "add_scaled",
    "another shape",
    (v) => addScaled(v.g, { label, to: v.weight("f32", 8, 12), x: v.f32(12, 8) }),
    "x must be [8, 12], got [12, 8]",
  ],
  [
    "add_scaled",
    "a weight of f16",
    (v) => addScaled(v.g, { label, to: v.weight("f16", 8, 12), x: v.f32(8, 12) }),
    "to must be f32, got f16 [8, 12]",
  ],
  [
    "add_scaled",
    "a scale that is no number",
    (v) => addScaled(v.g, { label, to: v.weight("f32", 1, 4), x: v.f32(1, 4), scale: NaN }),
    "scale must be a finite number, got NaN",
  ],
  [
    "column_sums",
    "a shape of rows",
    (v) => columnSums(v.g, { label, x: v.f32("T", 12), shape: [1, 8] }),
    "shape must be [12] or [1, 12], got [1, 8]",
  ],
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
  attend(v, () => ({}));
  assert.equal(v.g.tape.entries.length, 3);
  assert.deepEqual([...new Set(WRONG.map(([op]) => op))].sort(), OPS.map(({ name }) => name).sort());
});

function caught(body: () => unknown): Error {
  try {
    body();
  } catch (error) {
    return error as Error;
  }
  return new Error("nothing was refused");
}
