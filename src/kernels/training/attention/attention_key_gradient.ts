/** The gradient of attention by its keys or values. */

import source from "../../../../kernels/attention_key_gradient.wgsl" with { type: "text" };
import { attentionEffort } from "../../attention/attention_effort.ts";
import { defineKernel, foldedGrid } from "../../kernel.ts";

/** The most keys of one tile; they are consecutive keys of one sequence. */
export const TILE_KEYS = 8;

/** Words of a tile of keys. */
export const KEY_TILE_WORDS = 5;

/**
 * `d_k[j, a, :] += sum_r weights[r, a, j] * x[r, a, :]` over the rows of the key's own sequence; with RELATIVE 1, x is the
 * table of distances, and its row `query position - key position + center` takes the place of `x[r, a, :]`.
 *
 * `weights` is rows x heads x `keys`: the gradient of the scores, or the probabilities. Element (i, a, d) of x and of d_k
 * lies at `offset + i * stride + a * head + d`, all multiples of 4. A `d_head` of 0 means that all heads share their keys:
 * the sum is over heads too. For distances `x_head` must be 0. `geometry` holds `tiles` tiles of {@linkcode KEY_TILE_WORDS}
 * words from `tiles_at` on: first key, keys, column of the first key, first row, rows. Only the keys of tiles change.
 */
export const attentionKeyGradient = defineKernel({
  name: "attention_key_gradient",
  summary: "d_k[j, a, :] += sum_r weights[r, a, j] * x[r, a, :], in place",
  source,
  bindings: { weights: "read", x: "read", geometry: "read", d_k: "update" },
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
  grid: ({ tiles, heads, head_size, d_head }, { LANES }) =>
    foldedGrid(tiles * (d_head === 0 ? 1 : heads) * Math.ceil(head_size / (8 * LANES))),
  work: attentionEffort(() => 1, { words: KEY_TILE_WORDS, rows: 4, keys: 1 }),
});
