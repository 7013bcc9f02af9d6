/** Attention without stored probabilities: any rows to any keys, ragged, with head scales and relative positions. */

import scores from "../../kernels/lib/attention_scores.wgsl" with { type: "text" };
import tiles from "../../kernels/lib/attention_tiles.wgsl" with { type: "text" };
import source from "../../kernels/attention.wgsl" with { type: "text" };
import { type Constants, defineKernel, foldedGrid } from "./kernel.ts";

/** The most query rows of one tile; they are consecutive rows of one sequence. */
export const TILE_ROWS = 8;

/** Integers of a tile in `geometry`: row_start, row_count, key_start, key_count. */
export const TILE_WORDS = 4;

/** The longest head that {@linkcode attention} takes; for longer ones, store the probabilities and apply them. */
export const MAX_HEAD_SIZE = 256;

/** The relative term of a score: none, the query with the distance, or the query and the key with it. */
export type Relative = 0 | 1 | 2;

/**
 * `out[r, a, :] = sum_j p[r, a, j] * v[j, a, :]` with `p[r, a, :] = softmax_j(score[r, a, :]) * head_scale[a]` and
 * `score[r, a, j] = (q[r, a] · k[j, a] + relative) * scale`, over the keys of the row's own sequence.
 *
 * Element (r, a, d) of q lies at `q_offset + r * q_stride + a * q_head + d`, and so on for k, v and out; all of these are
 * multiples of 4, and so is `head_size`, with zeros past the true size of a head. `geometry` holds `tiles` tiles from
 * `tiles_at` on and, where RELATIVE is not 0, the true position of query row r at `query_positions_at + r` and of token t
 * at `key_positions_at + t`. The distance from key to query selects row `query position - key position + center` of
 * `distance`. Only the rows of tiles are written; those without keys become zeros.
 */
export const attention = defineKernel({
  name: "attention",
  summary: "out[r, a, :] = sum_j softmax_j(score[r, a, :]) * head_scale[a] * v[j, a, :]",
  source: tiles + scores + source,
  bindings: { q: "read", k: "read", v: "read", geometry: "read", distance: "read", head_scale: "read", out: "write" },
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
  constants: { RELATIVE: 0, LANES: 16 },
  variants: [16, 64].flatMap((LANES) => [0, 1, 2].map((RELATIVE) => ({ RELATIVE, LANES }))),
  workgroupSize: ({ LANES }) => [LANES, 1, 1],
  workgroupBytes: ({ LANES }) => TILE_ROWS * (LANES * (16 + 4) + 4),
  grid: ({ tiles, heads }) => foldedGrid(tiles * heads),
});

/**
 * The constants of {@linkcode attention} for heads of `headSize` elements.
 *
 * @throws {RangeError} If the heads are longer than {@linkcode MAX_HEAD_SIZE}.
 */
export function attentionVariant({ headSize, relative }: { headSize: number; relative: Relative }): Constants {
  if (headSize > MAX_HEAD_SIZE) {
    throw new RangeError(
      `Cannot run kernel attention: head size must be at most ${MAX_HEAD_SIZE}, got ${headSize}; ` +
        "use attention_probabilities and attention_apply",
    );
  }
  return { RELATIVE: relative, LANES: headSize <= 64 ? 16 : 64 };
}
