/** Attention without stored probabilities: any rows to any keys, ragged, with head scales and relative positions. */

import exponentials from "../../../kernels/lib/exponentials.wgsl" with { type: "text" };
import scores from "../../../kernels/lib/attention_scores.wgsl" with { type: "text" };
import tiles from "../../../kernels/lib/attention_tiles.wgsl" with { type: "text" };
import source from "../../../kernels/attention.wgsl" with { type: "text" };
import { attentionEffort } from "./attention_effort.ts";
import { defineKernel, foldedGrid } from "../kernel.ts";

/** The most query rows of one tile; they are consecutive rows of one sequence. */
export const TILE_ROWS = 8;

/** The relative term of a score: 0 none, 1 the query with the distance, 2 the query and the key with it. */
export type Relative = 0 | 1 | 2;

/**
 * `out[r, a, :] = sum_j p[r, a, j] * v[j, a, :]` with `p[r, a, :] = softmax_j(score[r, a, :]) * head_scale[a]` and
 * `score[r, a, j] = (q[r, a] · k[j, a] + relative) * scale`, over the keys of the row's own sequence.
 *
 * Element (r, a, d) of q lies at `q_offset + r * q_stride + a * q_head + d`, and so on for k, v and out; all of these
 * are multiples of 4, and so is `head_size`, with zeros past the true size of a head. A `k_head` and `v_head` of 0 mean
 * that all heads share their keys and values, as in the absorbed form, whose `head_size` is H (RELATIVE 0 alone).
 * `geometry` holds `tiles` tiles from `tiles_at` on (row_start, row_count, key_start, key_count) and, if RELATIVE is
 * not 0, the true position of query row r at `query_positions_at + r` and of token t at `key_positions_at + t`. The
 * distance from key to query selects row `query position - key position + center` of `distance`. `sums[r, a]`, rows x
 * heads, is the sum of p: the head's scale, or 0 without keys. Only the rows of tiles are written; those without keys
 * become zeros.
 */
export const attention = defineKernel({
  name: "attention",
  summary: "out[r, a, :] = sum_j softmax_j(score[r, a, :]) * head_scale[a] * v[j, a, :]",
  source: exponentials + tiles + scores + source,
  bindings: {
    q: "read",
    k: "read",
    v: "read",
    geometry: "read",
    distance: "read",
    head_scale: "read",
    out: "write",
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
    v_offset: "u32",
    v_stride: "u32",
    v_head: "u32",
    out_stride: "u32",
    out_head: "u32",
    tiles_at: "u32",
    query_positions_at: "u32",
    key_positions_at: "u32",
    center: "u32",
    scale: "f32",
    distance_stride: "u32",
  },
  constants: { RELATIVE: 0, LANES: 8 },
  constantSets: [8, 16, 32].flatMap((LANES) => [0, 1, 2].map((RELATIVE) => ({ RELATIVE, LANES }))),
  workgroupSize: ({ LANES }) => [LANES, 1, 1],
  workgroupBytes: ({ LANES }) => TILE_ROWS * (LANES * (2 * 16 + 4) + 4),
  grid: ({ tiles, heads }) => foldedGrid(tiles * heads),
  work: attentionEffort(({ RELATIVE = 0 }) => 2 + RELATIVE),
});
