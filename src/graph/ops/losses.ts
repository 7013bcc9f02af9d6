/** Losses: one number per row, then their mean. */

import { crossEntropy as crossEntropyKernel } from "../../kernels/losses/cross_entropy.ts";
import { POINTWISE_LOSSES, pointwiseLoss as pointwiseKernel } from "../../kernels/losses/pointwise_loss.ts";
import { reduceSum as reduceSumKernel } from "../../kernels/losses/reduce_sum.ts";
import type { Graph, Value } from "../graph.ts";
import { type Dim, dimOf, rowsOf, type Sizes } from "../shape.ts";

/** `logsumexp(x[r]) - x[r, labels[r]]` per row; 0 where the label is `NO_LABEL`. */
export function crossEntropy(g: Graph, { label, x, labels }: { label: string; x: Value; labels: Value }): Value {
  return g.call(crossEntropyKernel, {
    label,
    inputs: { x, labels },
    outputs: { losses: { shape: [x.shape[0] as Dim], layout: "tight" } },
    params: (sizes) => ({ rows: rowsOf(x.shape, sizes), columns: dimOf(x.shape.at(-1) as Dim, sizes) }),
  }).losses;
}

/** The sum over each row of squared errors, or of binary cross-entropies with logits. */
export function pointwiseLoss(
  g: Graph,
  { label, x, y, kind }: { label: string; x: Value; y: Value; kind: keyof typeof POINTWISE_LOSSES },
): Value {
  return g.call(pointwiseKernel, {
    label,
    inputs: { x, y },
    outputs: { losses: { shape: [x.shape[0] as Dim], layout: "tight" } },
    constants: { KIND: POINTWISE_LOSSES[kind] },
    params: (sizes) => ({ rows: rowsOf(x.shape, sizes), columns: dimOf(x.shape.at(-1) as Dim, sizes) }),
  }).losses;
}

/** `sum(x) / divisor`, 0 where the divisor is 0. */
export function mean(
  g: Graph,
  { label, x, divisor }: { label: string; x: Value; divisor: (sizes: Sizes) => number },
): Value {
  return g.call(reduceSumKernel, {
    label,
    inputs: { x },
    outputs: { out: { shape: [], layout: "tight" } },
    params: (sizes) => ({ count: dimOf(x.shape[0] as Dim, sizes), divisor: divisor(sizes) }),
  }).out;
}
