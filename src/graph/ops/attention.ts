/** Attention of packed query rows to the packed keys of their own sequence. */

import { attention as attentionKernel } from "../../kernels/attention/attention.ts";
import { attentionApply as applyKernel } from "../../kernels/attention/attention_apply.ts";
import { attentionProbabilities as probabilitiesKernel } from "../../kernels/attention/attention_probabilities.ts";
import { pitch, type Variant } from "../../kernels/kernel.ts";
import { storesProbabilities } from "../../kernels/attention/attention_probabilities.ts";
import type { AttentionSlot } from "../../kernels/tuning/slots.ts";
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

/** What both forms of attention need. */
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
  v: Heads;
  /** `[A]`, multiplied onto each head's probabilities. */
  headScale: Value;
  relative: RelativePositions | null;
  /** What meets distances, of `size` elements a head, where that is not q itself. */
  qRelative?: Heads & { size: number };
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

function outputParams({ v, heads, headSize }: AttentionCall) {
  return {
    v_offset: v.offset ?? 0,
    v_stride: strideOf(v),
    v_head: v.distance,
    out_stride: heads * headSize,
    out_head: headSize,
  };
}

function relativeCode(relative: RelativePositions | null): number {
  return relative === null ? 0 : relative.withKeys ? 2 : 1;
}

/**
 * Whether attention probabilities are stored: never; in scratch memory if that is faster on this adapter; or always,
 * since the caller wants them as an output.
 */
export type ProbabilityStorage = "none" | "scratch" | "output";

/** What attention gives. */
export interface Attended {
  /** `[rows, heads * headSize]`. */
  out: Value;
  /** Sums of the probabilities `[rows, heads]`: the head's scale, or 0 without keys. */
  sums: Value;
  /** `[rows, heads, keys]`, where they are stored. */
  probabilities: Value | null;
}

/**
 * Softmax attention, in the way that is fast in a slot of the tuning.
 *
 * @param options `slot`: whose tuning applies; `probabilities`: whether they are stored.
 */
export function attention(
  g: Graph,
  call: AttentionCall,
  { slot, probabilities }: { slot: AttentionSlot; probabilities: ProbabilityStorage },
): Attended {
  const variant = g.tuning[slot];
  const isStored = storesProbabilities(variant);
  // Relative heads with queries of their own for distances, which shared keys need, are stored.
  const store = probabilities === "output" || (probabilities === "scratch" && isStored);
  if (store || call.qRelative !== undefined) return storedAttention(g, call);
  return fusedAttention(g, call, isStored ? g.tuning.attention_projected : variant);
}

/** Softmax attention whose scores are never stored. Heads that share their keys and values may not be relative. */
function fusedAttention(g: Graph, call: AttentionCall, { constants }: Variant): Attended {
  const { label, q, k, v, rows, headScale, relative, heads, headSize } = call;
  const queryRows = q.value.shape[0] as Dim;
  const { out, sums } = g.call(attentionKernel, {
    label,
    inputs: {
      q: q.value,
      k: k.value,
      v: v.value,
      geometry: rows.geometry,
      head_scale: headScale,
      ...(relative && { distance: relative.distance }),
    },
    outputs: {
      out: { shape: [queryRows, heads * headSize] },
      sums: { shape: [queryRows, heads], layout: "tight" },
    },
    constants: { ...constants, RELATIVE: relativeCode(relative) },
    params: (sizes) => ({ ...commonParams(call, sizes), ...outputParams(call) }),
  });
  return { out, sums, probabilities: null };
}

function storedAttention(g: Graph, call: AttentionCall): Attended {
  const { label, q, k, v, rows, headScale, relative, heads, headSize } = call;
  const qRelative = call.qRelative ?? q;
  const queryRows = q.value.shape[0] as Dim;
  const { probabilities, sums } = g.call(probabilitiesKernel, {
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
      relative_size: call.qRelative?.size ?? headSize,
    }),
  });
  const { out } = g.call(applyKernel, {
    label: `${label}.apply`,
    inputs: { probabilities, v: v.value, geometry: rows.geometry },
    outputs: { out: { shape: [queryRows, heads * headSize] } },
    params: (sizes) => ({
      ...outputParams(call),
      tiles: sizes[rows.tiles] as number,
      heads,
      head_size: headSize,
      tiles_at: sizes[rows.tilesAt] as number,
      keys: sizes[rows.keys] as number,
    }),
  });
  return { out, sums, probabilities };
}
