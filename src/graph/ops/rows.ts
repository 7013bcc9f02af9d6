/** Ops on rows: embeddings, LayerNorm, gathering, averaging, reshaping, softmax, top-k. */

import { embeddings as embeddingsKernel } from "../../kernels/rows/embeddings.ts";
import { gatherRows as gatherKernel } from "../../kernels/rows/gather_rows.ts";
import { layerNorm as layerNormKernel } from "../../kernels/rows/layer_norm.ts";
import { meanRows as meanKernel } from "../../kernels/rows/mean_rows.ts";
import { reshape as reshapeKernel } from "../../kernels/rows/reshape.ts";
import { softmax as softmaxKernel } from "../../kernels/rows/softmax.ts";
import { topK as topKKernel } from "../../kernels/rows/top_k.ts";
import type { Graph, Value } from "../graph.ts";
import { columnsOf, type Dim, dimOf, rowsOf } from "../shape.ts";

/**
 * `LayerNorm(words + positions + types)` of each token, `[T, H]`.
 *
 * @param tokens `u32 [T, 4]`: word id, type id, position id.
 * @param words The table `[V, H]`, or the word embeddings themselves `[T, H]` with `embedded`.
 * @param positions `[max, H]`, or null where positions are relative.
 */
export function embeddings(
  g: Graph,
  { label, tokens, words, embedded, positions, types, weight, bias, eps }: {
    label: string;
    tokens: Value;
    words: Value;
    embedded: boolean;
    positions: Value | null;
    types: Value;
    weight: Value;
    bias: Value;
    eps: number;
  },
): Value {
  const columns = columnsOf(words.shape);
  const rows = tokens.shape[0] as Dim;
  return g.call(words.dtype === "f16" ? embeddingsKernel.f16 : embeddingsKernel, {
    label,
    inputs: { tokens, words, positions: positions ?? types, types, weight, bias },
    outputs: { out: { shape: [rows, columns] } },
    constants: { EMBEDS: embedded ? 1 : 0, POSITIONS: positions === null ? 0 : 1 },
    params: (sizes) => ({ rows: dimOf(rows, sizes), columns, eps }),
  }).out;
}

/** `LayerNorm(x + residual) * weight + bias` over the last dimension. */
export function layerNorm(
  g: Graph,
  { label, x, residual, weight, bias, eps }: {
    label: string;
    x: Value;
    residual?: Value;
    weight: Value;
    bias: Value;
    eps: number;
  },
): Value {
  const columns = columnsOf(x.shape);
  return g.call(layerNormKernel, {
    label,
    inputs: { x, ...(residual && { residual }), weight, bias },
    outputs: { out: { shape: x.shape } },
    params: (sizes) => ({ rows: rowsOf(x.shape, sizes), columns, eps, residual: residual === undefined ? 0 : 1 }),
  }).out;
}

/** `out[i] = x[index[i]]`, by rows. @param index `u32 [R]`. */
export function gatherRows(g: Graph, { label, x, index }: { label: string; x: Value; index: Value }): Value {
  const columns = columnsOf(x.shape);
  const rows = index.shape[0] as Dim;
  return g.call(gatherKernel, {
    label,
    inputs: { x, index },
    outputs: { out: { shape: [rows, columns] } },
    params: (sizes) => ({ rows: dimOf(rows, sizes), columns }),
  }).out;
}

/**
 * The mean of each segment of consecutive rows, `[segments, columns]`; zeros for an empty one.
 *
 * @param starts `u32 [segments + 1]`: the first row of each segment, and the end of the last.
 */
export function meanRows(
  g: Graph,
  { label, x, starts, segments }: { label: string; x: Value; starts: Value; segments: Dim },
): Value {
  const columns = columnsOf(x.shape);
  return g.call(meanKernel, {
    label,
    inputs: { x, starts },
    outputs: { out: { shape: [segments, columns] } },
    params: (sizes) => ({ segments: dimOf(segments, sizes), columns }),
  }).out;
}

/** The same elements in row-major order as another shape. */
export function reshape(g: Graph, { label, x, shape }: { label: string; x: Value; shape: readonly Dim[] }): Value {
  const last = shape.at(-1) as Dim;
  return g.call(reshapeKernel, {
    label,
    inputs: { x },
    outputs: { out: { shape } },
    params: (sizes) => ({
      rows: rowsOf(shape, sizes),
      columns: dimOf(last, sizes),
      from_columns: columnsOf(x.shape),
    }),
  }).out;
}

/** Softmax over the last dimension. */
export function softmax(g: Graph, { label, x }: { label: string; x: Value }): Value {
  const columns = columnsOf(x.shape);
  return g.call(softmaxKernel, {
    label,
    inputs: { x },
    outputs: { out: { shape: x.shape } },
    params: (sizes) => ({ rows: rowsOf(x.shape, sizes), columns }),
  }).out;
}

/** The `k` largest elements of each row in descending order, ties by column: `[…, k]` indices and values. */
export function topK(
  g: Graph,
  { label, x, k }: { label: string; x: Value; k: Dim },
): { indices: Value; values: Value } {
  const columns = columnsOf(x.shape);
  const shape = [...x.shape.slice(0, -1), k];
  return g.call(topKKernel, {
    label,
    inputs: { x },
    outputs: { indices: { shape, dtype: "u32", layout: "tight" }, values: { shape, layout: "tight" } },
    params: (sizes) => ({ rows: rowsOf(x.shape, sizes), columns, k: dimOf(k, sizes) }),
  });
}
