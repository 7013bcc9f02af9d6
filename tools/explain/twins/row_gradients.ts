/** The twins of the gradients of rows and of losses. */

import { pitch } from "../../../src/kernels/kernel.ts";
import {
  activationGradientBound,
  crossEntropyGradientBounds,
  embeddingSumBound,
  layerNormGradientBounds,
  pointwiseLossGradientBounds,
  quotientBound,
  segmentSumBound,
} from "../../../tests/conformance/gradient_bounds.ts";
import { klDivergenceGradientBounds } from "../../../tests/conformance/divergence_bounds.ts";
import { activationGradient } from "../../../tests/reference/activation_gradient.ts";
import { crossEntropyGradient } from "../../../tests/reference/cross_entropy_gradient.ts";
import { embeddingSum } from "../../../tests/reference/embeddings.ts";
import { klDivergenceGradient } from "../../../tests/reference/kl_divergence.ts";
import { layerNormGradient } from "../../../tests/reference/layer_norm_gradient.ts";
import { meanGradient } from "../../../tests/reference/mean_gradient.ts";
import { meanRowsGradient } from "../../../tests/reference/mean_rows_gradient.ts";
import { pointwiseLossGradient } from "../../../tests/reference/pointwise_loss_gradient.ts";
import { segmentSums } from "../../../tests/reference/segment_sums.ts";
import { crossEntropyCall, divergenceCall } from "./losses.ts";
import { floats, param, type Twin, type TwinCall, words } from "./twin.ts";

const sizes = (call: TwinCall) => ({ rows: param(call, "rows"), columns: param(call, "columns") });

/** `out = dy * activation'(x)`. */
export const activationGradientTwin: Twin = (call) => {
  const count = param(call, "count");
  const [x, dy] = [floats(call, "x").subarray(0, count), floats(call, "dy").subarray(0, count)];
  const values = activationGradient({ x, dy, code: param(call, "activation") });
  return { out: { values, bound: Float64Array.from(dy, activationGradientBound) } };
};

/** The gradient of LayerNorm by what is normalized, and the products that are summed for that by the weight. */
export const layerNormGradientTwin: Twin = (call) => {
  const x = floats(call, "x");
  const residual = param(call, "residual") === 1 ? floats(call, "residual") : undefined;
  const norm = {
    ...sizes(call),
    eps: param(call, "eps"),
    x,
    ...(residual && { residual }),
    weight: floats(call, "weight"),
    dy: floats(call, "dy"),
  };
  const addends = residual && Float64Array.from(x, (value, i) => Math.abs(value) + Math.abs(residual[i] as number));
  const { out, products } = layerNormGradient(norm);
  const bounds = layerNormGradientBounds(norm, addends);
  return { out: { values: out, bound: bounds.out }, products: { values: products, bound: bounds.products } };
};

/** `out = word + position + type`. */
export const embeddingSumsTwin: Twin = (call) => {
  const operands = {
    ...sizes(call),
    tokens: words(call, "tokens"),
    words: floats(call, "words"),
    ...(call.constants.POSITIONS === 1 && { positions: floats(call, "positions") }),
    types: floats(call, "types"),
    embeds: call.constants.EMBEDS === 1,
  };
  const addends = embeddingSum({
    ...operands,
    words: operands.words.map(Math.abs),
    types: operands.types.map(Math.abs),
    ...(operands.positions && { positions: operands.positions.map(Math.abs) }),
  });
  return { out: { values: embeddingSum(operands), bound: Float64Array.from(addends, embeddingSumBound) } };
};

/** `out[s] = sum over i of x[order[i]]`, i from `starts[first + s]` to `starts[first + s + 1] - 1`. */
export const segmentSumsTwin: Twin = (call) => {
  const [columns, x] = [param(call, "columns"), floats(call, "x")];
  const first = param(call, "first");
  const starts = words(call, "starts").subarray(first, first + param(call, "segments") + 1);
  const index = { starts, order: words(call, "order"), columns };
  const bound = segmentSums({ ...index, x: x.map(Math.abs) }).map((size, i) => {
    const s = Math.floor(i / pitch(columns));
    const rows = (starts[s + 1] as number) - (starts[s] as number);
    return segmentSumBound({ rows, lanes: call.constants.LANES as number }, size);
  });
  return { out: { values: segmentSums({ ...index, x }), bound } };
};

/** `out[r] = dy[s] / rows of s`. */
export const meanRowsGradientTwin: Twin = (call) => {
  const starts = words(call, "starts").subarray(0, param(call, "segments") + 1);
  const values = meanRowsGradient({ ...sizes(call), dy: floats(call, "dy"), starts });
  return { out: { values, bound: values.map(quotientBound) } };
};

/** `out[r] = weights[r] * dlosses[r] * (softmax(x[r]) - (1 - s) * onehot(labels[r]) - s / columns)`. */
export const crossEntropyGradientTwin: Twin = (call) => {
  const operands = { ...crossEntropyCall(call), dlosses: floats(call, "dlosses") };
  const values = crossEntropyGradient(operands);
  return { out: { values, bound: crossEntropyGradientBounds(operands, values) } };
};

/** `out[r, c]` = `dlosses[r]` times the slope of the loss by x. */
export const pointwiseLossGradientTwin: Twin = (call) => {
  const operands = {
    ...sizes(call),
    x: floats(call, "x"),
    y: floats(call, "y"),
    dlosses: floats(call, "dlosses"),
    kind: call.constants.KIND as number,
  };
  return { out: { values: pointwiseLossGradient(operands), bound: pointwiseLossGradientBounds(operands) } };
};

/** `out[i] = dout / divisor`. */
export const meanGradientTwin: Twin = (call) => {
  const [count, divisor] = [param(call, "count"), param(call, "divisor")];
  const values = meanGradient({ dout: floats(call, "dout")[0] as number, count, divisor });
  return { out: { values, bound: values.map(quotientBound) } };
};

/** `out[r] = dlosses[r] * T * (softmax(x[r] / T) - softmax(y[r] / T))`. */
export const klDivergenceGradientTwin: Twin = (call) => {
  const operands = { ...divergenceCall(call), dlosses: floats(call, "dlosses") };
  return { out: { values: klDivergenceGradient(operands), bound: klDivergenceGradientBounds(operands) } };
};
