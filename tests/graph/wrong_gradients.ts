/** Activations, and gradients of rows and of losses, that are wrong. */

import { activation } from "../../src/graph/ops/rows/activation.ts";
import { klDivergence } from "../../src/graph/ops/losses/kl_divergence.ts";
import { weightedSum } from "../../src/graph/ops/losses/weighted_sum.ts";
import { crossEntropyGradient } from "../../src/graph/ops/training/losses/cross_entropy_gradient.ts";
import { klDivergenceGradient } from "../../src/graph/ops/training/losses/kl_divergence_gradient.ts";
import { meanGradient } from "../../src/graph/ops/training/losses/mean_gradient.ts";
import { pointwiseLossGradient } from "../../src/graph/ops/training/losses/pointwise_loss_gradient.ts";
import { activationGradient } from "../../src/graph/ops/training/rows/activation_gradient.ts";
import { embeddingSums } from "../../src/graph/ops/training/rows/embedding_sums.ts";
import { layerNormGradient } from "../../src/graph/ops/training/rows/layer_norm_gradient.ts";
import { meanRowsGradient } from "../../src/graph/ops/training/rows/mean_rows_gradient.ts";
import { segmentSums } from "../../src/graph/ops/training/rows/segment_sums.ts";
import { ACTIVATION_CODES } from "../../src/kernels/rows/activation.ts";
import { embed } from "./wrong_rows.ts";
import { label, type Values, type Wrong } from "./wrong_values.ts";

const segments = (v: Values, change: Partial<Parameters<typeof segmentSums>[1]>) =>
  segmentSums(v.g, { label, x: v.f32("T", 8), starts: v.u32(5), order: v.u32("T"), segments: 4, ...change });

const norm = (v: Values, change: Partial<Parameters<typeof layerNormGradient>[1]>) =>
  layerNormGradient(v.g, { label, x: v.f32("T", 8), weight: v.f32(8), dy: v.f32("T", 8), eps: 1, ...change });

/** Wrong graphs of these ops. */
export const WRONG_GRADIENTS: Wrong[] = [
  [
    "activation",
    "an unknown kind",
    (v) => activation(v.g, { label, x: v.f32("T", 8), kind: "selu" as "gelu" }),
    `kind must be one of ${Object.keys(ACTIVATION_CODES).join(", ")}, got selu`,
  ],
  [
    "activation",
    "rows without padding",
    (v) => activation(v.g, { label, x: v.tight("T", 6), kind: "gelu" }),
    "x must be pitched, got tight f32 [T, 6]",
  ],
  [
    "activation_gradient",
    "a gradient of other rows",
    (v) => activationGradient(v.g, { label, x: v.f32("T", 8), dy: v.f32("R", 8), kind: "gelu" }),
    "dy must be [T, 8], got [R, 8]",
  ],
  [
    "layer_norm_gradient",
    "a gradient of other rows",
    (v) => norm(v, { dy: v.f32("R", 8) }),
    "dy must be [T, 8], got [R, 8]",
  ],
  [
    "layer_norm_gradient",
    "4 weights for 8 columns",
    (v) => norm(v, { weight: v.f32(4) }),
    "weight must be [8], got [4]",
  ],
  ["layer_norm_gradient", "an epsilon of 0", (v) => norm(v, { eps: 0 }), "eps must be a positive number, got 0"],
  [
    "embeddings",
    "starts of another vocabulary",
    (v) => embed(v, { wordStarts: v.u32(99) }),
    "wordStarts must be [100], got [99]",
  ],
  [
    "embeddings",
    "an order of other tokens",
    (v) => embed(v, { positionOrder: v.u32("R") }),
    "positionOrder must be [T], got [R]",
  ],
  [
    "embedding_sums",
    "types of another width",
    (v) =>
      embeddingSums(v.g, { label, tokens: v.u32("T", 4), words: v.f32(9, 8), types: v.f32(2, 4), embedded: false }),
    "types must be [*, 8], got [2, 4]",
  ],
  [
    "embedding_sums",
    "words of 16 bits",
    (v) =>
      embeddingSums(v.g, {
        label,
        tokens: v.u32("T", 4),
        words: v.weight("f16", 9, 8),
        types: v.f32(2, 8),
        embedded: false,
      }),
    "words must be f32, got f16 [9, 8]",
  ],
  [
    "segment_sums",
    "a start for each segment",
    (v) => segments(v, { starts: v.u32(4) }),
    "starts must be [5] or longer, one more than the last segment, got [4]",
  ],
  [
    "segment_sums",
    "segments past the last",
    (v) => segments(v, { starts: v.u32(9), first: 8 }),
    "starts must be [13] or longer, one more than the last segment, got [9]",
  ],
  [
    "segment_sums",
    "a first segment before all",
    (v) => segments(v, { first: -4 }),
    "first must be a whole number from 0, got -4",
  ],
  [
    "segment_sums",
    "an order of f32",
    (v) => segments(v, { order: v.tight("T") }),
    "order must be u32, got tight f32 [T]",
  ],
  [
    "mean_rows_gradient",
    "a start for each segment",
    (v) => meanRowsGradient(v.g, { label, dy: v.f32(4, 8), starts: v.u32(4), rows: "T" }),
    "starts must be [5], one more than segments, got [4]",
  ],
  [
    "cross_entropy_gradient",
    "gradients of other rows",
    (v) => crossEntropyGradient(v.g, { label, x: v.f32("R", 9), labels: v.u32("R"), dlosses: v.f32("B") }),
    "dlosses must be [R], got [B]",
  ],
  [
    "cross_entropy_gradient",
    "weights of other rows",
    (v) => {
      const [x, labels, weights, dlosses] = [v.f32("R", 9), v.u32("R"), v.f32("B"), v.f32("R")];
      return crossEntropyGradient(v.g, { label, x, labels, weights, dlosses });
    },
    "weights must be [R], got [B]",
  ],
  [
    "cross_entropy_gradient",
    "a smoothing of 1",
    (v) => {
      const [x, labels, dlosses] = [v.f32("R", 9), v.u32("R"), v.f32("R")];
      return crossEntropyGradient(v.g, { label, x, labels, dlosses, smoothing: 1 });
    },
    "smoothing must be from 0 to less than 1, got 1",
  ],
  [
    "pointwise_loss_gradient",
    "targets of other columns",
    (v) =>
      pointwiseLossGradient(v.g, {
        label,
        x: v.f32("B", 3),
        y: v.f32("B", 2),
        dlosses: v.f32("B"),
        kind: "squared_error",
      }),
    "y must be [B, 3], got [B, 2]",
  ],
  [
    "kl_divergence",
    "a teacher of other columns",
    (v) => klDivergence(v.g, { label, x: v.f32("R", 9), y: v.f32("R", 8), temperature: 2 }),
    "y must be [R, 9], got [R, 8]",
  ],
  [
    "kl_divergence",
    "a temperature of 0",
    (v) => klDivergence(v.g, { label, x: v.f32("R", 9), y: v.f32("R", 9), temperature: 0 }),
    "temperature must be a positive number, got 0",
  ],
  [
    "kl_divergence_gradient",
    "gradients of other rows",
    (v) => {
      const [x, y, dlosses] = [v.f32("R", 9), v.f32("R", 9), v.f32("B")];
      return klDivergenceGradient(v.g, { label, x, y, dlosses, temperature: 2 });
    },
    "dlosses must be [R], got [B]",
  ],
  [
    "weighted_sum",
    "a vector",
    (v) => weightedSum(v.g, { label, parts: [{ value: v.tight(), weight: 1 }, { value: v.f32("R"), weight: 2 }] }),
    "b must be [], got [R]",
  ],
  [
    "weighted_sum",
    "no parts",
    (v) => weightedSum(v.g, { label, parts: [] }),
    "it has 1 to 3 parts, got 0",
  ],
  [
    "mean_gradient",
    "a gradient for each element",
    (v) => meanGradient(v.g, { label, dout: v.f32("R"), count: "R", divisor: 4 }),
    "dout must be [], got [R]",
  ],
];
