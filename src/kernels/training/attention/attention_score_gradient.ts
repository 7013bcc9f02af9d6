/** The gradient of attention by its scores. */

import tiles from "../../../../kernels/lib/attention_tiles.wgsl" with { type: "text" };
import source from "../../../../kernels/attention_score_gradient.wgsl" with { type: "text" };
import { TILE_ROWS } from "../../attention/attention.ts";
import { defineKernel, foldedGrid } from "../../kernel.ts";

/**
 * `d_scores[r, a, j] = scale * p * (d_p - sum_i p * d_p / head_scale[a])` with `d_p[r, a, j] = d_out[r, a, :] · v[j, a, :]`,
 * for the probabilities p of `attention_probabilities`; rows x heads x `keys`, zeros past a row's last key, and for heads
 * with a scale of 0.
 *
 * Element (r, a, d) of `d_out` lies at `r * d_stride + a * d_head + d`; sizes, v and tiles are as in `attention_apply`.
 * Only the rows of tiles are written.
 */
export const attentionScoreGradient = defineKernel({
  name: "attention_score_gradient",
  summary: "d_scores[r, a, j] = scale * p[r, a, j] * (d_p[r, a, j] - sum_i p[r, a, i] * d_p[r, a, i] / head_scale[a])",
  source: tiles + source,
  bindings: { p: "read", d_out: "read", v: "read", geometry: "read", head_scale: "read", d_scores: "write" },
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
  },
  constants: { LANES: 8 },
  constantSets: [{}],
  workgroupSize: ({ LANES }) => [LANES, 1, 1],
  workgroupBytes: ({ LANES }) => TILE_ROWS * (LANES + 1) * 4,
  grid: ({ tiles, heads }) => foldedGrid(tiles * heads),
});
