/** Stored attention probabilities applied to values. */

import tiles from "../../../kernels/lib/attention_tiles.wgsl" with { type: "text" };
import source from "../../../kernels/attention_apply.wgsl" with { type: "text" };
import { attentionEffort } from "./attention_effort.ts";
import { defineKernel, foldedGrid } from "../kernel.ts";

/**
 * `out[r, a, :] = sum_j probabilities[r, a, j] * v[j, a, :]` over the keys of the row's own sequence.
 *
 * `probabilities` is rows x heads x `keys`, as `attention_probabilities` writes it; strides and tiles are as in
 * `attention`. A `v_head` of 0 means that all heads share their values, as in the absorbed form, whose `head_size` is H.
 * Only the rows of tiles are written; those without keys become zeros.
 */
export const attentionApply = defineKernel({
  name: "attention_apply",
  summary: "out[r, a, :] = sum_j probabilities[r, a, j] * v[j, a, :]",
  source: tiles + source,
  bindings: { probabilities: "read", v: "read", geometry: "read", out: "write" },
  params: {
    tiles: "u32",
    heads: "u32",
    head_size: "u32",
    keys: "u32",
    v_offset: "u32",
    v_stride: "u32",
    v_head: "u32",
    out_stride: "u32",
    out_head: "u32",
    tiles_at: "u32",
  },
  constants: { LANES: 8 },
  constantSets: [{}],
  workgroupSize: ({ LANES }) => [LANES, 1, 1],
  grid: ({ tiles, heads, head_size }, { LANES }) => foldedGrid(tiles * heads * Math.ceil(head_size / (8 * LANES))),
  work: attentionEffort(() => 1),
});
