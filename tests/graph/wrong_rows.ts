/** Ops on rows, losses and updates that are wrong. */

import { apply } from "../../src/graph/op.ts";
import { crossEntropy } from "../../src/graph/ops/losses/cross_entropy.ts";
import { mean } from "../../src/graph/ops/losses/mean.ts";
import { pointwiseLoss } from "../../src/graph/ops/losses/pointwise_loss.ts";
import { embeddings } from "../../src/graph/ops/rows/embeddings.ts";
import { gatherRows } from "../../src/graph/ops/rows/gather_rows.ts";
import { gatherWords, gatherWordsOp } from "../../src/graph/ops/rows/gather_words.ts";
import { layerNorm } from "../../src/graph/ops/rows/layer_norm.ts";
import { meanRows } from "../../src/graph/ops/rows/mean_rows.ts";
import { poolRows } from "../../src/graph/ops/rows/pool_rows.ts";
import { reshape } from "../../src/graph/ops/rows/reshape.ts";
import { softmax } from "../../src/graph/ops/rows/softmax.ts";
import { addScaled } from "../../src/graph/ops/training/add_scaled.ts";
import { columnSums } from "../../src/graph/ops/training/column_sums.ts";
import { softmaxGradient } from "../../src/graph/ops/training/softmax_gradient.ts";
import { zeros } from "../../src/graph/ops/training/zeros.ts";
import { topK } from "../../src/graph/ops/rows/top_k.ts";
import type { Value } from "../../src/graph/value.ts";
import { label, type Values, type Wrong } from "./wrong_values.ts";

/** Embeddings that are right but for `change`. */
export function embed(v: Values, change: Partial<Parameters<typeof embeddings>[1]>): void {
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

/** Words of a table `[27, 12]` in slices, right but for `change`. */
export function gather(v: Values, change: Partial<Parameters<typeof gatherWords>[1]>): void {
  const slices = [16, 11].map((rows) => v.weight("f16", rows, 12));
  gatherWords(v.g, { label, tokens: v.u32("T", 4), slices, ...change });
}

/** Words of one slice, right but for `change`. */
function gatherOne(v: Values, change: Partial<Record<"tokens" | "words" | "others", Value>>, first = 0): void {
  const others = zeros(v.g, { label: "others", shape: ["T", 12] });
  const inputs = { tokens: v.u32("T", 4), words: v.weight("f16", 16, 12), others, ...change };
  apply(v.g, gatherWordsOp, { label, inputs, attributes: { first } });
}

/** Wrong graphs of these ops. */
export const WRONG_ROWS: Wrong[] = [
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
    "gather_words",
    "tokens of three fields",
    (v) => gather(v, { tokens: v.u32("T", 3) }),
    "tokens must be [*, 4], got [T, 3]",
  ],
  [
    "gather_words",
    "a slice of integers",
    (v) => gather(v, { slices: [v.u32(16, 12)] }),
    "words must be f32 or f16, got u32 [16, 12]",
  ],
  [
    "gather_words",
    "a slice of any number of rows",
    (v) => gather(v, { slices: [v.f32("R", 12)] }),
    "words must have a fixed number of rows, got [R, 12]",
  ],
  [
    "gather_words",
    "rows of another width to update",
    (v) => gatherOne(v, { others: zeros(v.g, { label: "others", shape: ["T", 16] }) }),
    "others must be [T, 12], got [T, 16]",
  ],
  [
    "gather_words",
    "a first word before all",
    (v) => gatherOne(v, {}, -1),
    "first must be a whole number from 0, got -1",
  ],
  [
    "gather_words",
    "starts of f32",
    (v) => gather(v, { wordStarts: v.tight(28), wordOrder: v.u32("T") }),
    "wordStarts must be u32, got tight f32 [28]",
  ],
  [
    "gather_words",
    "an order of other tokens",
    (v) => gather(v, { wordStarts: v.u32(28), wordOrder: v.u32("R") }),
    "wordOrder must be [T], got [R]",
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
    "pool_rows",
    "four numbers for each segment",
    (v) => poolRows(v.g, { label, x: v.f32("T", 8), table: v.u32(9), segments: 2 }),
    "table must be [8], four to a segment, got [9]",
  ],
  [
    "pool_rows",
    "a table of f32",
    (v) => poolRows(v.g, { label, x: v.f32("T", 8), table: v.tight(8), segments: 2 }),
    "table must be u32, got tight f32 [8]",
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
    "cross_entropy",
    "weights of columns",
    (v) => crossEntropy(v.g, { label, x: v.f32("R", 9), labels: v.u32("R"), weights: v.f32(9) }),
    "weights must be [R], got [9]",
  ],
  [
    "cross_entropy",
    "weights of u32",
    (v) => crossEntropy(v.g, { label, x: v.f32("R", 9), labels: v.u32("R"), weights: v.u32("R") }),
    "weights must be f32, got u32 [R]",
  ],
  ...[1, -0.1, NaN].map((smoothing): Wrong => [
    "cross_entropy",
    `a smoothing of ${smoothing}`,
    (v) => crossEntropy(v.g, { label, x: v.f32("R", 9), labels: v.u32("R"), smoothing }),
    `smoothing must be from 0 to less than 1, got ${smoothing}`,
  ]),
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
    "softmax_gradient",
    "a gradient of other rows",
    (v) => softmaxGradient(v.g, { label, p: v.f32("T", 8), dp: v.f32("R", 8) }),
    "dp must be [T, 8], got [R, 8]",
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
