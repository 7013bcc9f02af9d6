/** The shapes at which the attention kernels are tested: sizes 0, 1, odd, prime, one past a tile or a block, models'. */

import type { Shape } from "./attention_data.ts";

/** Shapes for every kernel, under every kind of relative term. */
export const SHAPES: readonly Shape[] = ([0, 1, 2] as const).flatMap((relative): Shape[] => [
  { name: "one row, one key", sequences: [[1, 1]], heads: 1, headSize: 4, layout: "apart", relative },
  {
    name: "1 to 9 rows, keys as many and one past",
    sequences: [[1, 2], [2, 3], [3, 1], [4, 4], [5, 5], [6, 7], [7, 8], [8, 9], [9, 10]],
    heads: 3,
    headSize: 8,
    layout: "apart",
    relative,
  },
  {
    name: "sequences without keys",
    sequences: [[3, 0], [2, 5], [1, 0]],
    heads: 2,
    headSize: 12,
    layout: "apart",
    relative,
  },
  {
    name: "ragged self-attention, one past a block",
    sequences: [[13, 13], [1, 1], [65, 65], [7, 7]],
    heads: 2,
    headSize: 64,
    layout: "fused",
    relative,
    scale: 1 / 8,
  },
  {
    name: "many keys, rows in tiles of 3",
    sequences: [[7, 300], [1, 257]],
    heads: 2,
    headSize: 20,
    layout: "apart",
    relative,
    tileRows: 3,
  },
  {
    name: "head scales, rows of no tile",
    sequences: [[5, 11], [2, 3]],
    heads: 5,
    headSize: 4,
    layout: "apart",
    relative,
    headScale: [0, 0.37, 1],
    spareRows: 3,
  },
  {
    name: "scores of up to 10,000 either way",
    sequences: [[9, 67], [4, 1], [3, 2]],
    heads: 2,
    headSize: 16,
    layout: "apart",
    relative,
    scale: 2 ** 11,
  },
  { name: "equal scores", sequences: [[2, 67]], heads: 1, headSize: 4, layout: "apart", relative, scale: 0 },
  {
    name: "a model's rounded scores",
    sequences: [[33, 33], [31, 31]],
    heads: 4,
    headSize: 32,
    layout: "fused",
    relative,
    scale: Math.sqrt(1 / 32),
    rounded: true,
  },
]).concat([
  { name: "no row at all", sequences: [], heads: 2, headSize: 8, layout: "apart", spareRows: 2 },
  {
    name: "scores of up to 2e38 either way, differences beyond",
    sequences: [[9, 67]],
    heads: 2,
    headSize: 16,
    layout: "apart",
    scale: 2 ** 125,
  },
  { name: "a model's", sequences: [[128, 128]], heads: 12, headSize: 64, layout: "fused", scale: 1 / 8 },
]);

/**
 * More workgroups than fit one dimension, and one that must do nothing: what follows the tiles would have it write zeros.
 * This takes longer than all other shapes together.
 */
export const FOLDED: readonly Shape[] = [
  {
    name: "65547 workgroups",
    sequences: Array.from({ length: 7283 }, (_, i) => i === 0 ? [3, 3] : [1, 1]),
    heads: 9,
    headSize: 4,
    layout: "fused",
  },
];

/** Shapes with heads of more than 64 elements, the columns that 16 lanes take at once, for every kernel. */
export const LONG_HEADS: readonly Shape[] = ([0, 1, 2] as const).flatMap((relative): Shape[] => [
  { name: "one past a chunk", sequences: [[3, 5]], heads: 3, headSize: 68, layout: "apart", relative },
  {
    name: "two chunks",
    sequences: [[9, 9], [33, 33]],
    heads: 2,
    headSize: 128,
    layout: "fused",
    relative,
    scale: 1 / 8,
  },
  { name: "five chunks", sequences: [[2, 257]], heads: 2, headSize: 260, layout: "apart", relative, scale: 1 / 16 },
]);

/** The absorbed form: all heads attend to one matrix. */
export const ABSORBED: readonly Shape[] = [32, 64, 100, 256].flatMap((headSize): Shape[] => [
  { name: "one row a sequence", sequences: [[1, 5], [1, 64], [1, 0]], heads: 12, headSize, layout: "shared" },
  { name: "some rows", sequences: [[2, 7], [8, 31], [11, 65]], heads: 5, headSize, layout: "shared" },
]);

/** The absorbed form at models' widths. */
export const ABSORBED_WIDE: readonly Shape[] = [
  { name: "absorbed", sequences: [[1, 67], [3, 33]], heads: 12, headSize: 768, layout: "shared", scale: 1 / 8 },
  { name: "widest", sequences: [[1, 5], [2, 3]], heads: 3, headSize: 4096, layout: "shared", scale: 1 / 64 },
];

/** The absorbed form with a query of its own for distances, which only stored probabilities take. */
export const ABSORBED_DISTANCES: readonly Shape[] = [
  {
    name: "absorbed, with distances",
    sequences: [[1, 12], [9, 70]],
    heads: 3,
    headSize: 60,
    layout: "shared",
    relative: 1,
    relativeSize: 20,
  },
];
