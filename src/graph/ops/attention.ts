/** Attention of packed query rows to the packed keys of their own sequence. */

import { attention as attentionKernel } from "../../kernels/attention.ts";
import { attentionApply as applyKernel } from "../../kernels/attention_apply.ts";
import { attentionProbabilities as probabilitiesKernel } from "../../kernels/attention_probabilities.ts";
import { pitch } from "../../kernels/kernel.ts";
import type { Graph, Value } from "../graph.ts";
import { columnsOf, type Dim, type Sizes } from "../shape.ts";

/** One head's vectors inside a matrix of packed rows: `value[row, offset + head * distance + d]`. */
export interface Heads {
  value: Value;
  offset?: number;
  /** Distance between heads; 0 where all share one vector. */
  distance: number;
}

/** Where the query rows stand: names of sizes that tell how many tiles there are and where their records begin. */
export interface RowGeometry {
  /** Packed tiles, query positions and key positions, `u32`. */
  geometry: Value;
  /** Size: number of tiles. */
  tiles: string;
  /** Sizes: word offsets in `geometry`. */
  tilesAt: string;
  queryPositionsAt: string;
  keyPositionsAt: string;
  /** Size: the longest key count, rounded up to a multiple of 4. */
  keys: string;
}

/** Learned embeddings of the distance between query and key. */
export interface RelativePositions {
  /** `[2 max - 1, D]`. */
  distance: Value;
  /** Row of distance 0. */
  center: number;
  /** Whether keys meet the distance too (`relative_key_query`). */
  withKeys: boolean;
}

/** What all forms of attention need. */
export interface AttentionCall {
  label: string;
  rows: RowGeometry;
  heads: number;
  /** Padded head size of queries and keys. */
  headSize: number;
  /** Factor of the scores. */
  scale: number;
  q: Heads;
  k: Heads;
  /** `[A]`, multiplied onto each head's probabilities. */
  headScale: Value;
  relative: RelativePositions | null;
}

/** Distance of a matrix's rows: all dimensions but the first, the last one pitched. */
function strideOf({ value }: Heads): number {
  const middle = value.shape.slice(1, -1).reduce((a: number, b) => a * (b as number), 1);
  return middle * pitch(columnsOf(value.shape));
}

function commonParams(call: AttentionCall, sizes: Sizes) {
  const { rows, heads, headSize, q, k, scale, relative } = call;
  const size = (name: string) => sizes[name] as number;
  return {
    tiles: size(rows.tiles),
    heads,
    head_size: headSize,
    q_offset: q.offset ?? 0,
    q_stride: strideOf(q),
    q_head: q.distance,
    k_offset: k.offset ?? 0,
    k_stride: strideOf(k),
    k_head: k.distance,
    tiles_at: size(rows.tilesAt),
    query_positions_at: size(rows.queryPositionsAt),
    key_positions_at: size(rows.keyPositionsAt),
    center: relative?.center ?? 0,
    scale,
    distance_stride: relative === null ? 0 : pitch(columnsOf(relative.distance.shape)),
  };
}

function relativeCode(relative: RelativePositions | null): number {
  return relative === null ? 0 : relative.withKeys ? 2 : 1;
}

/** Softmax attention whose scores are never stored: `[rows, heads * headSize]`. */
export function attention(g: Graph, call: AttentionCall & { v: Heads }): Value {
  const { label, rows, q, k, v, headScale, relative, heads, headSize } = call;
  return g.call(attentionKernel, {
    label,
    inputs: {
      q: q.value,
      k: k.value,
      v: v.value,
      geometry: rows.geometry,
      head_scale: headScale,
      ...(relative && { distance: relative.distance }),
    },
    outputs: { out: { shape: [q.value.shape[0] as Dim, heads * headSize] } },
    constants: { RELATIVE: relativeCode(relative) },
    params: (sizes) => ({
      ...commonParams(call, sizes),
      v_offset: v.offset ?? 0,
      v_stride: strideOf(v),
      v_head: v.distance,
      out_stride: heads * headSize,
      out_head: headSize,
    }),
  }).out;
}

/** The probabilities `[rows, heads, keys]`, and their sum `[rows, heads]` (the head's scale, or 0 without keys). */
export function attentionProbabilities(
  g: Graph,
  call: AttentionCall & { qRelative?: Heads; relativeSize?: number },
): { probabilities: Value; sums: Value } {
  const { label, rows, q, k, headScale, relative, heads, headSize } = call;
  const qRelative = call.qRelative ?? q;
  const queryRows = q.value.shape[0] as Dim;
  return g.call(probabilitiesKernel, {
    label,
    inputs: {
      q: q.value,
      k: k.value,
      geometry: rows.geometry,
      head_scale: headScale,
      q_relative: qRelative.value,
      ...(relative && { distance: relative.distance }),
    },
    outputs: {
      probabilities: { shape: [queryRows, heads, rows.keys] },
      sums: { shape: [queryRows, heads], layout: "tight" },
    },
    constants: { RELATIVE: relativeCode(relative) },
    params: (sizes) => ({
      ...commonParams(call, sizes),
      keys: sizes[rows.keys] as number,
      q_relative_offset: qRelative.offset ?? 0,
      q_relative_stride: strideOf(qRelative),
      q_relative_head: qRelative.distance,
      relative_size: call.relativeSize ?? headSize,
    }),
  });
}

/** Stored probabilities applied to values: `[rows, heads * headSize]`. */
export function attentionApply(
  g: Graph,
  { label, probabilities, v, rows, heads, headSize }: {
    label: string;
    probabilities: Value;
    v: Heads;
    rows: RowGeometry;
    heads: number;
    headSize: number;
  },
): Value {
  return g.call(applyKernel, {
    label,
    inputs: { probabilities, v: v.value, geometry: rows.geometry },
    outputs: { out: { shape: [probabilities.shape[0] as Dim, heads * headSize] } },
    params: (sizes) => ({
      tiles: sizes[rows.tiles] as number,
      heads,
      head_size: headSize,
      v_offset: v.offset ?? 0,
      v_stride: strideOf(v),
      v_head: v.distance,
      out_stride: heads * headSize,
      out_head: headSize,
      tiles_at: sizes[rows.tilesAt] as number,
      keys: sizes[rows.keys] as number,
    }),
  }).out;
}
