/** The kernels of attention: one that stores no probabilities, or two with the probabilities between them. */

import { attention as attentionKernel } from "../../../kernels/attention/attention.ts";
import { attentionApply as applyKernel } from "../../../kernels/attention/attention_apply.ts";
import { attentionProbabilities as probabilitiesKernel } from "../../../kernels/attention/attention_probabilities.ts";
import { type Constants, pitch } from "../../../kernels/kernel.ts";
import { attentionCost } from "../../cost.ts";
import type { Graph } from "../../graph.ts";
import type { Site } from "../../op.ts";
import { type Dim, lastOf, type Scalars, valueOf } from "../../shape.ts";
import type { Value } from "../../value.ts";
import { attentionDropout } from "../training/attention/dropout.ts";
import { type AttentionAttributes, type AttentionInputs, rowStride } from "./call.ts";

type AttentionSite = Site<AttentionInputs, AttentionAttributes>;

/** The results of attention. */
export type AttentionOutputs = { out: Value; sums: Value; probabilities?: Value };

function queryParams({ inputs: { q, k, distance }, attributes }: AttentionSite, scalars: Scalars) {
  const { tiles, queryPositionsAt, keyPositionsAt, heads, headSize, scale, relative } = attributes;
  return {
    tiles: valueOf(tiles.count, scalars),
    heads,
    head_size: headSize,
    q_offset: attributes.q.offset ?? 0,
    q_stride: rowStride(q),
    q_head: attributes.q.distance,
    k_offset: attributes.k.offset ?? 0,
    k_stride: rowStride(k),
    k_head: attributes.k.distance,
    tiles_at: valueOf(tiles.at, scalars),
    query_positions_at: valueOf(queryPositionsAt, scalars),
    key_positions_at: valueOf(keyPositionsAt, scalars),
    center: relative?.center ?? 0,
    scale,
    distance_stride: distance === undefined ? 0 : pitch(lastOf(distance.shape) as number),
  };
}

function valueParams({ inputs: { v }, attributes: { v: place, heads, headSize } }: AttentionSite) {
  return {
    v_offset: place.offset ?? 0,
    v_stride: rowStride(v),
    v_head: place.distance,
    out_stride: heads * headSize,
    out_head: headSize,
  };
}

function relativeCode({ relative }: AttentionAttributes): number {
  return relative === null ? 0 : relative.withKeys ? 2 : 1;
}

/** The cost of scores, or of the sums over values: an upper bound, as if all rows had the longest sequence's keys. */
function halfCost({ inputs: { q }, attributes: { heads, headSize, keys } }: AttentionSite, scalars: Scalars): number {
  return attentionCost(valueOf(q.shape[0] as Dim, scalars) * heads * headSize * valueOf(keys, scalars));
}

/** Softmax attention whose scores are never stored. Heads that share their keys may not have relative positions. */
export function lowerFused(g: Graph, site: AttentionSite, constants: Constants): AttentionOutputs {
  const { label, inputs: { q, k, v, geometry, headScale, distance }, attributes } = site;
  const rows = q.shape[0] as Dim;
  return g.call(attentionKernel, {
    label,
    inputs: { q, k, v, geometry, head_scale: headScale, ...(distance && { distance }) },
    outputs: {
      out: { shape: [rows, attributes.heads * attributes.headSize] },
      sums: { shape: [rows, attributes.heads], layout: "tight" },
    },
    constants: { ...constants, RELATIVE: relativeCode(attributes) },
    params: (scalars) => ({ ...queryParams(site, scalars), ...valueParams(site) }),
    cost: (scalars) => 2 * halfCost(site, scalars),
  });
}

/** The probabilities `[rows, heads, keys]`, and their sums. */
export function lowerProbabilities(g: Graph, site: AttentionSite): { probabilities: Value; sums: Value } {
  const { label, inputs: { q, k, geometry, headScale, distance, qRelative }, attributes } = site;
  const { heads, headSize, keys } = attributes;
  const rows = q.shape[0] as Dim;
  const relative = { value: qRelative ?? q, ...(attributes.qRelative ?? { ...attributes.q, size: headSize }) };
  return g.call(probabilitiesKernel, {
    label,
    inputs: {
      q,
      k,
      geometry,
      head_scale: headScale,
      q_relative: relative.value,
      ...(distance && { distance }),
    },
    outputs: {
      probabilities: { shape: [rows, heads, keys] },
      sums: { shape: [rows, heads], layout: "tight" },
    },
    constants: { RELATIVE: relativeCode(attributes) },
    params: (scalars) => ({
      ...queryParams(site, scalars),
      keys: valueOf(keys, scalars),
      q_relative_offset: relative.offset ?? 0,
      q_relative_stride: rowStride(relative.value),
      q_relative_head: relative.distance,
      relative_size: relative.size,
    }),
    cost: (scalars) => halfCost(site, scalars),
  });
}

/** Softmax attention with its probabilities `[rows, heads, keys]` in memory. */
export function lowerStored(g: Graph, site: AttentionSite): AttentionOutputs {
  const { label, inputs: { q, v, geometry }, attributes: { heads, headSize, keys, tiles, dropout } } = site;
  const rows = q.shape[0] as Dim;
  const { probabilities, sums: all } = lowerProbabilities(g, site);
  const { dropped, sums } = dropout === null
    ? { dropped: probabilities, sums: all }
    : attentionDropout(g, { label: `${label}.dropout`, p: probabilities, ...dropout });
  const { out } = g.call(applyKernel, {
    label: `${label}.apply`,
    inputs: { probabilities: dropped, v, geometry },
    outputs: { out: { shape: [rows, heads * headSize] } },
    params: (scalars) => ({
      ...valueParams(site),
      tiles: valueOf(tiles.count, scalars),
      heads,
      head_size: headSize,
      tiles_at: valueOf(tiles.at, scalars),
      keys: valueOf(keys, scalars),
    }),
    cost: (scalars) => halfCost(site, scalars),
  });
  return { out, sums, probabilities };
}
