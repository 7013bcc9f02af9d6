/** The gradient of attention by its scores. */

import tiles from "../../../../kernels/lib/attention_tiles.wgsl" with { type: "text" };
import source from "../../../../kernels/attention_score_gradient.wgsl" with { type: "text" };
import { TILE_ROWS } from "../../attention/attention.ts";
import { attentionEffort } from "../../attention/attention_effort.ts";
import { defineKernel, foldedGrid } from "../../kernel.ts";

/**
 * `d_scores[r, a, j] = scale * (dropped * d - p * sum_i dropped * d / head_scale[a])` with
 * `d[r, a, j] = d_out[r, a, :] · v[j, a, :] + d_sums[r, a]`, rows x heads x `keys`; zeros past a row's last key, and for
 * heads with a scale of 0.
 *
 * `p` is as `attention_probabilities` writes it, and `dropped` what dropout left of it: the same buffer if there is no
 * dropout. `d_sums`, rows x heads, counts if `summed` is 1. Element (r, a, d) of `d_out` lies at
 * `r * d_stride + a * d_head + d`; sizes, v and tiles are as in `attention_apply`. Only the rows of tiles are written.
 */
export const attentionScoreGradient = defineKernel({
  name: "attention_score_gradient",
  summary: "d_scores[r, a, j] = scale * (dropped * d - p * sum_i dropped * d / head_scale[a]), d = d_out · v + d_sums",
  source: tiles + source,
  bindings: {
    p: "read",
    dropped: "read",
    d_out: "read",
    d_sums: "read",
    v: "read",
    geometry: "read",
    head_scale: "read",
    d_scores: "write",
  },
  params: {
    tiles: "u32",
    heads: "u32",
    head_size: "u32",
    keys: "u32",
    d_stride: "u32",
    d_head: "u32",
    v_offset: "u32",
    v_stride: "u32",
    v_head: "u32",
    tiles_at: "u32",
    scale: "f32",
    summed: "u32",
  },
  constants: { LANES: 8 },
  constantSets: [{}],
  workgroupSize: ({ LANES }) => [LANES, 1, 1],
  workgroupBytes: ({ LANES }) => TILE_ROWS * (LANES + 1) * 4,
  grid: ({ tiles, heads }) => foldedGrid(tiles * heads),
  work: attentionEffort(() => 1),
});
