/** Stored attention probabilities: for outputs that ask for them, and for the absorbed form with its wide queries. */

import exponentials from "../../../kernels/lib/exponentials.wgsl" with { type: "text" };
import scores from "../../../kernels/lib/attention_scores.wgsl" with { type: "text" };
import tiles from "../../../kernels/lib/attention_tiles.wgsl" with { type: "text" };
import source from "../../../kernels/attention_probabilities.wgsl" with { type: "text" };
import { TILE_ROWS } from "./attention.ts";
import { attentionEffort } from "./attention_effort.ts";
import { defineKernel, foldedGrid, type Variant } from "../kernel.ts";

/**
 * `probabilities[r, a, j] = softmax_j(score[r, a, :]) * head_scale[a]`, rows x heads x `keys`. Column j is key j of the
 * row's own sequence, and columns past its last key are zero; `sums[r, a]` is their sum, rows x heads.
 *
 * Sizes, strides and geometry are as in `attention`. `keys` is a multiple of 4, at least the longest key count. A
 * `k_head` of 0 means that all heads share their keys, as in the absorbed form, whose `head_size` is H.
 * `q_relative` is what distances are compared with, `relative_size` elements a head: in the ordinary form q itself.
 */
export const attentionProbabilities = defineKernel({
  name: "attention_probabilities",
  summary: "probabilities[r, a, j] = softmax_j(score[r, a, :]) * head_scale[a]",
  source: exponentials + tiles + scores + source,
  bindings: {
    q: "read",
    k: "read",
    geometry: "read",
    distance: "read",
    head_scale: "read",
    q_relative: "read",
    probabilities: "write",
    sums: "write",
  },
  params: {
    tiles: "u32",
    heads: "u32",
    head_size: "u32",
    q_offset: "u32",
    q_stride: "u32",
    q_head: "u32",
    k_offset: "u32",
    k_stride: "u32",
    k_head: "u32",
    keys: "u32",
    tiles_at: "u32",
    query_positions_at: "u32",
    key_positions_at: "u32",
    center: "u32",
    scale: "f32",
    distance_stride: "u32",
    q_relative_offset: "u32",
    q_relative_stride: "u32",
    q_relative_head: "u32",
    relative_size: "u32",
  },
  constants: { RELATIVE: 0, LANES: 8 },
  constantSets: [0, 1, 2].map((RELATIVE) => ({ RELATIVE })),
  workgroupSize: ({ LANES }) => [LANES, 1, 1],
  workgroupBytes: ({ LANES }) => TILE_ROWS * (LANES + 1) * (4 + 4),
  grid: ({ tiles, heads }) => foldedGrid(tiles * heads),
  work: attentionEffort(({ RELATIVE = 0 }) => 1 + RELATIVE),
});

/** Whether a variant of attention stores probabilities for `attention_apply`, rather than do all in one kernel. */
export function storesProbabilities({ kernel }: Variant): boolean {
  return kernel.name === attentionProbabilities.name;
}
