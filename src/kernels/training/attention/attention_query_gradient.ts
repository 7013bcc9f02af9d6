/** The gradient of attention by its queries. */

import tiles from "../../../../kernels/lib/attention_tiles.wgsl" with { type: "text" };
import source from "../../../../kernels/attention_query_gradient.wgsl" with { type: "text" };
import { attentionEffort } from "../../attention/attention_effort.ts";
import { defineKernel, foldedGrid } from "../../kernel.ts";

/**
 * `d_q[r, a, :] += sum_j d_scores[r, a, j] * x[j, a, :]` over the keys of the row's own sequence; with RELATIVE 1, x is
 * the table of distances, and its row `query position - key position + center` takes the place of `x[j, a, :]`.
 *
 * Element (i, a, d) of x and of d_q lies at `offset + i * stride + a * head + d`, all multiples of 4. An `x_head` of 0
 * means that all heads share their keys; for distances it must be 0. Tiles and positions are as in `attention`.
 */
export const attentionQueryGradient = defineKernel({
  name: "attention_query_gradient",
  summary: "d_q[r, a, :] += sum_j d_scores[r, a, j] * x[j, a, :], in place",
  source: tiles + source,
  bindings: { d_scores: "read", x: "read", geometry: "read", d_q: "update" },
  params: {
    tiles: "u32",
    heads: "u32",
    head_size: "u32",
    keys: "u32",
    x_offset: "u32",
    x_stride: "u32",
    x_head: "u32",
    d_offset: "u32",
    d_stride: "u32",
    d_head: "u32",
    tiles_at: "u32",
    query_positions_at: "u32",
    key_positions_at: "u32",
    center: "u32",
  },
  constants: { RELATIVE: 0, LANES: 8 },
  constantSets: [{}, { RELATIVE: 1 }],
  workgroupSize: ({ LANES }) => [LANES, 1, 1],
  grid: ({ tiles, heads, head_size }, { LANES }) => foldedGrid(tiles * heads * Math.ceil(head_size / (8 * LANES))),
  work: attentionEffort(() => 1),
});
