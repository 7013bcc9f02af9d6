/** The gradient of attention by its embeddings of distances. */

import tiles from "../../../../kernels/lib/attention_tiles.wgsl" with { type: "text" };
import source from "../../../../kernels/attention_distance_gradient.wgsl" with { type: "text" };
import { attentionEffort } from "../../attention/attention_effort.ts";
import { defineKernel, foldedGrid } from "../../kernel.ts";

/**
 * `d_distance[i, :] += sum of d_scores[r, a, j] * x[r, a, :]` over all heads a and all rows r and keys j of one sequence
 * with `query position - key position + center = i`; if `by_keys` is 1, of `d_scores[r, a, j] * x[j, a, :]`.
 *
 * `d_distance` is `distances` rows, `d_stride` elements apart. The positions of a sequence's keys ascend. Sizes, x, tiles
 * and positions are as in `attention_query_gradient`.
 */
export const attentionDistanceGradient = defineKernel({
  name: "attention_distance_gradient",
  summary: "d_distance[i, :] += sum of d_scores[r, a, j] * x[r or j, a, :] over all r, a, j at distance i, in place",
  source: tiles + source,
  bindings: { d_scores: "read", x: "read", geometry: "read", d_distance: "update" },
  params: {
    tiles: "u32",
    heads: "u32",
    head_size: "u32",
    keys: "u32",
    x_offset: "u32",
    x_stride: "u32",
    x_head: "u32",
    by_keys: "u32",
    distances: "u32",
    d_stride: "u32",
    tiles_at: "u32",
    query_positions_at: "u32",
    key_positions_at: "u32",
    center: "u32",
  },
  constants: { LANES: 64 },
  constantSets: [{}],
  workgroupSize: ({ LANES }) => [LANES, 1, 1],
  workgroupBytes: ({ LANES }) => (16 + 16) * LANES,
  grid: ({ distances }) => foldedGrid(distances),
  work: attentionEffort(() => 1),
});
