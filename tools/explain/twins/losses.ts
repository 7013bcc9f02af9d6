/** The twins of losses. */

import {
  crossEntropyBounds,
  pointwiseLossBound,
  reduceSumBound,
  weightedSumBound,
} from "../../../tests/conformance/bounds.ts";
import { klDivergenceBounds } from "../../../tests/conformance/divergence_bounds.ts";
import { crossEntropy, type CrossEntropyCall } from "../../../tests/reference/cross_entropy.ts";
import { type DivergenceCall, klDivergence } from "../../../tests/reference/kl_divergence.ts";
import { pointwiseLoss } from "../../../tests/reference/pointwise_loss.ts";
import { reduceSum } from "../../../tests/reference/reduce_sum.ts";
import { weightedSum } from "../../../tests/reference/weighted_sum.ts";
import { floats, param, type Twin, type TwinCall, words } from "./twin.ts";

/** What `cross_entropy` and its gradient read. */
export function crossEntropyCall(call: TwinCall): CrossEntropyCall {
  return {
    rows: param(call, "rows"),
    columns: param(call, "columns"),
    smoothing: param(call, "smoothing"),
    x: floats(call, "x"),
    labels: words(call, "labels"),
    weights: param(call, "weighted") === 1 ? floats(call, "weights") : undefined,
  };
}

/** `losses[r] = weights[r] * (logsumexp(x[r]) - (1 - s) * x[r, labels[r]] - s * mean(x[r]))`. */
export const crossEntropyTwin: Twin = (call) => {
  const operands = crossEntropyCall(call);
  const values = crossEntropy(operands);
  return { losses: { values, bound: crossEntropyBounds(operands, values) } };
};

/** `losses[r]` = the sum over the columns of squared errors, or of binary cross-entropies. */
export const pointwiseLossTwin: Twin = (call) => {
  const [rows, columns, kind] = [param(call, "rows"), param(call, "columns"), call.constants.KIND as number];
  const values = pointwiseLoss({ rows, columns, kind, x: floats(call, "x"), y: floats(call, "y") });
  return { losses: { values, bound: values.map((loss) => pointwiseLossBound({ kind, columns }, loss)) } };
};

/** `out[0] = sum(x) / divisor`. */
export const reduceSumTwin: Twin = (call) => {
  const [count, divisor] = [param(call, "count"), param(call, "divisor")];
  const x = floats(call, "x").subarray(0, count);
  const bound = reduceSumBound(count, reduceSum(x.map(Math.abs), divisor));
  return { out: { values: Float64Array.of(reduceSum(x, divisor)), bound } };
};

/** What `kl_divergence` and its gradient read. */
export function divergenceCall(call: TwinCall): DivergenceCall<Float32Array> {
  return {
    rows: param(call, "rows"),
    columns: param(call, "columns"),
    temperature: param(call, "temperature"),
    x: floats(call, "x"),
    y: floats(call, "y"),
  };
}

/** `losses[r] = T^2 * KL(softmax(y[r] / T) || softmax(x[r] / T))`. */
export const klDivergenceTwin: Twin = (call) => {
  const operands = divergenceCall(call);
  return { losses: { values: klDivergence(operands), bound: klDivergenceBounds(operands) } };
};

/** `out = wa * a + wb * b + wc * c`. */
export const weightedSumTwin: Twin = (call) => {
  const parts = ["a", "b", "c"].map((name) => [param(call, `w${name}`), floats(call, name)[0] as number] as const);
  return { out: { values: Float64Array.of(weightedSum(parts)), bound: weightedSumBound(parts) } };
};
