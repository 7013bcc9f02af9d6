/** The twins of kernels that work by rows. */

import { pitch } from "../../../src/kernels/kernel.ts";
import { ACTIVATION_BOUND, meanBound, poolBounds, SOFTMAX_BOUND } from "../../../tests/conformance/bounds.ts";
import { layerNormBound } from "../../../tests/conformance/layer_norm_bound.ts";
import { activation } from "../../../tests/reference/activation.ts";
import { embeddings, embeddingSum } from "../../../tests/reference/embeddings.ts";
import { gatherRows } from "../../../tests/reference/gather_rows.ts";
import { gatherWords } from "../../../tests/reference/gather_words.ts";
import { layerNorm } from "../../../tests/reference/layer_norm.ts";
import { meanRows } from "../../../tests/reference/mean_rows.ts";
import { poolRows } from "../../../tests/reference/pool_rows.ts";
import { reshape } from "../../../tests/reference/reshape.ts";
import { softmax } from "../../../tests/reference/softmax.ts";
import { topK } from "../../../tests/reference/top_k.ts";
import { floats, param, type Twin, type TwinCall, words } from "./twin.ts";

const sizes = (call: TwinCall) => ({ rows: param(call, "rows"), columns: param(call, "columns") });

/** `out = activation(x)`. Beyond 10 the result is x, whose own rounding counts. */
export const activationTwin: Twin = (call) => {
  const values = activation(floats(call, "x").subarray(0, param(call, "count")), param(call, "activation"));
  return { out: { values, bound: values.map((value) => ACTIVATION_BOUND * Math.max(1, Math.abs(value))) } };
};

/** `out = LayerNorm(word + position + type) * weight + bias`. */
export const embeddingsTwin: Twin = (call) => {
  const { EMBEDS, POSITIONS } = call.constants;
  const operands = {
    ...sizes(call),
    tokens: words(call, "tokens"),
    words: floats(call, "words"),
    ...(POSITIONS === 1 && { positions: floats(call, "positions") }),
    types: floats(call, "types"),
    embeds: EMBEDS === 1,
  };
  const norm = { eps: param(call, "eps"), weight: floats(call, "weight"), bias: floats(call, "bias") };
  const addends = embeddingSum({
    ...operands,
    words: operands.words.map(Math.abs),
    types: operands.types.map(Math.abs),
    ...(operands.positions && { positions: operands.positions.map(Math.abs) }),
  });
  const bound = layerNormBound({ ...operands, ...norm, x: embeddingSum(operands) }, addends);
  return { out: { values: embeddings({ ...operands, ...norm }), bound } };
};

/** `out = LayerNorm(x + residual) * weight + bias`. */
export const layerNormTwin: Twin = (call) => {
  const x = floats(call, "x");
  const residual = param(call, "residual") === 1 ? floats(call, "residual") : undefined;
  const norm = {
    ...sizes(call),
    eps: param(call, "eps"),
    x,
    ...(residual && { residual }),
    weight: floats(call, "weight"),
    bias: floats(call, "bias"),
  };
  const addends = residual && Float64Array.from(x, (value, i) => Math.abs(value) + Math.abs(residual[i] as number));
  return { out: { values: layerNorm(norm), bound: layerNormBound(norm, addends) } };
};

/** `out[r] = x[index[r]]`, bit by bit. */
export const gatherRowsTwin: Twin = (call) => {
  const { rows, columns } = sizes(call);
  return { out: { values: gatherRows(words(call, "x"), words(call, "index").subarray(0, rows), columns) } };
};

/** `out[t] = words[tokens[t].word - first]` of the tokens whose word is in the slice, exact. */
export const gatherWordsTwin: Twin = (call) => {
  const slice = { first: param(call, "first"), count: param(call, "count") };
  const operands = { tokens: words(call, "tokens"), words: floats(call, "words") };
  return { out: gatherWords({ ...sizes(call), ...slice, ...operands }) };
};

/** `out[s] = mean of x[starts[s] .. starts[s + 1] - 1]`. */
export const meanRowsTwin: Twin = (call) => {
  const [segments, columns] = [param(call, "segments"), param(call, "columns")];
  const x = floats(call, "x");
  const starts = words(call, "starts").subarray(0, segments + 1);
  const magnitudes = meanRows(x.map(Math.abs), starts, columns);
  const bound = magnitudes.map((size, i) => {
    const segment = Math.floor(i / pitch(columns));
    return meanBound((starts[segment + 1] as number) - (starts[segment] as number), size);
  });
  return { out: { values: meanRows(x, starts, columns), bound } };
};

/** `out[s]` of the rows of segment s, by its code. */
export const poolRowsTwin: Twin = (call) => {
  const [segments, columns] = [param(call, "segments"), param(call, "columns")];
  const x = floats(call, "x");
  const table = words(call, "table").subarray(0, 4 * segments);
  return { out: { values: poolRows(x, table, columns), bound: poolBounds(x, table, columns) } };
};

/** The same elements in rows of another width, bit by bit. */
export const reshapeTwin: Twin = (call) => {
  const { rows, columns } = sizes(call);
  return { out: { values: reshape(words(call, "x"), param(call, "from_columns"), [rows, columns]) } };
};

/** `out = softmax(x)`. */
export const softmaxTwin: Twin = (call) => {
  return { out: { values: softmax({ ...sizes(call), x: floats(call, "x") }), bound: SOFTMAX_BOUND } };
};

/** The k largest of each row and their columns, both exact. */
export const topKTwin: Twin = (call) => {
  const { indices, values } = topK({ ...sizes(call), k: param(call, "k"), x: floats(call, "x") });
  return { indices: { values: indices }, values: { values } };
};
