/** Products and attention that are wrong. */

import { attention, type AttentionCall } from "../../src/graph/ops/attention/attention.ts";
import { linear } from "../../src/graph/ops/products/linear.ts";
import { linearSlices } from "../../src/graph/ops/products/linear_slices.ts";
import { matmul, type MatmulCall } from "../../src/graph/ops/products/matmul.ts";
import { PRODUCT_ACTIVATIONS } from "../../src/kernels/rows/activation.ts";
import { label, type Values, type Wrong } from "./wrong_values.ts";

/** A product of `[T, 8]` and `[8, 12]` that is right but for `change`. */
export function multiply(v: Values, change: (right: MatmulCall) => Partial<MatmulCall>): void {
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

/** A linear layer of a weight `[19, 12]` in slices that is right but for `change`. */
export function slice(v: Values, change: Partial<Parameters<typeof linearSlices>[1]>): void {
  const slices = [8, 8, 3].map((rows) => v.weight("f32", rows, 12));
  linearSlices(v.g, { label, x: v.f32("T", 12), slices, bias: v.weight("f32", 1, 19), ...change });
}

/** Three products of `[2, 8]` and `[8, 4]`, one behind the other, that are right but for `change`. */
export function inBatches(v: Values, change: (right: MatmulCall) => Partial<MatmulCall>): void {
  const right: MatmulCall = {
    label,
    a: { value: v.f32(6, 8), batch: 16 },
    b: { value: v.f32(8, 4) },
    m: 2,
    n: 4,
    k: 8,
    batch: 3,
    out: { shape: [6, 4], batch: 8 },
  };
  matmul(v.g, { ...right, ...change(right) });
}

/** What makes the product of {@linkcode multiply} one of N columns. */
function columnsN(v: Values): Pick<MatmulCall, "b" | "n" | "out"> {
  return { b: { value: v.f32(8, "N") }, n: "N", out: { shape: ["T", "N"] } };
}

/** Attention of 2 heads of size 4 that is right but for `change`. */
export function attend(v: Values, change: (right: AttentionCall) => Partial<AttentionCall>): void {
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

/** Wrong graphs of these ops. */
export const WRONG_PRODUCTS: Wrong[] = [
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
  ["linear_slices", "no slices", (v) => slice(v, { slices: [] }), "slices must be one or more, got none"],
  [
    "linear_slices",
    "another width",
    (v) => slice(v, { slices: [v.weight("f32", 19, 8)] }),
    "slice0 must be [*, 12], got [19, 8]",
  ],
  [
    "linear_slices",
    "slices of two types",
    (v) => slice(v, { slices: [v.weight("f32", 16, 12), v.weight("f16", 3, 12)] }),
    "slice1 must be f32, got f16 [3, 12]",
  ],
  [
    "linear_slices",
    "slices of any number of rows",
    (v) => slice(v, { slices: [v.f32(16, 12), v.f32("R", 12)] }),
    "slice1 must have a fixed number of rows, got [R, 12]",
  ],
  [
    "linear_slices",
    "a slice that ends between fours",
    (v) => slice(v, { slices: [6, 8, 5].map((rows) => v.weight("f32", rows, 12)) }),
    "slice0 must have a multiple of 4 rows, as all but the last, got [6, 12]",
  ],
  [
    "linear_slices",
    "a bias of one slice",
    (v) => slice(v, { bias: v.weight("f32", 1, 8) }),
    "bias must be [1, 19], got [1, 8]",
  ],
  ["linear_slices", "integers", (v) => slice(v, { x: v.u32("T", 12) }), "x must be f32, got u32 [T, 12]"],
  [
    "matmul",
    "a value of other columns to write into",
    (v) => multiply(v, () => ({ into: v.f32("T", 16) })),
    "into must be [T, 12], got [T, 16]",
  ],
  [
    "matmul",
    "a value of f16 to write into",
    (v) =>
      multiply(v, () => ({ m: 9, a: { value: v.f32(9, 8) }, out: { shape: [9, 12] }, into: v.weight("f16", 9, 12) })),
    "into must be f32, got f16 [9, 12]",
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
    "batches that end behind their value",
    (v) => inBatches(v, () => ({ a: { value: v.f32(4, 8), batch: 16 } })),
    "a must have 48 elements or more, got [4, 8]",
  ],
  [
    "matmul",
    "an output of fewer batches",
    (v) => inBatches(v, () => ({ out: { shape: [2, 4], batch: 8 } })),
    "out must have 24 elements or more, got [2, 4]",
  ],
  [
    "matmul",
    "rows of batches that are wider than the value",
    (v) => inBatches(v, ({ a }) => ({ a, k: 12, b: { value: v.f32(12, 4) } })),
    "a must have rows of 12 columns or more, got [6, 8]",
  ],
  [
    "matmul",
    "batches that are too far apart, as many as a call says",
    (v) => inBatches(v, () => ({ a: { value: v.f32("B", 2, 8), batch: 32 }, batch: "B" })),
    "a must have 32 * B - 16 elements or more, got [B, 2, 8]",
  ],
  [
    "matmul",
    "an offset behind all rows",
    (v) => inBatches(v, ({ a }) => ({ a: { ...a, offset: 800 }, batch: 1 })),
    "a must have 816 elements or more, got [6, 8]",
  ],
  [
    "matmul",
    "an offset of as many rows as a call says",
    (v) => multiply(v, ({ a }) => ({ a: { ...a, offset: 16 } })),
    "a must have 8 * T + 16 elements or more, got [T, 8]",
  ],
  [
    "matmul",
    "an offset of columns that only a call knows",
    (v) => multiply(v, () => ({ b: { value: v.f32(8, "N"), offset: 4 }, n: "N", out: { shape: ["T", "N"] } })),
    "offset of b must be 0 in a value that the product takes whole, got 4",
  ],
  [
    "matmul",
    "batches of columns that only a call knows",
    (v) => multiply(v, () => ({ b: { value: v.f32(8, "N"), batch: 8 }, n: "N", batch: 2, out: { shape: ["T", "N"] } })),
    "batch of b must be 0 in a value that the product takes whole, got 8",
  ],
  [
    "matmul",
    "a bias of 3 for N",
    (v) => multiply(v, () => ({ ...columnsN(v), bias: { value: v.f32(3) } })),
    "bias must have N elements or more, got [3]",
  ],
  [
    "matmul",
    "a bias of N for N behind an offset",
    (v) => multiply(v, () => ({ ...columnsN(v), bias: { value: v.f32(1, "N"), offset: 4 } })),
    "bias must have N + 4 elements or more, got [1, N]",
  ],
  [
    "matmul",
    "biases that end behind their value",
    (v) => inBatches(v, () => ({ bias: { value: v.f32(2, 4), batch: 4 } })),
    "bias must have 12 elements or more, got [2, 4]",
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
    `activation must be one of ${Object.keys(PRODUCT_ACTIVATIONS).join(", ")}, got sine`,
  ],
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
    "tiles of keys in another buffer",
    (v) => attend(v, ({ rows }) => ({ rows: { ...rows, keyTiles: { ...rows.tiles, value: v.u32("G") } } })),
    "keyTiles must lie in the value that holds the tiles, got another",
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
];
