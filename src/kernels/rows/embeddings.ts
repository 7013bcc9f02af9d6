/** Embeddings of tokens: the sum of word, position and type, normalized. */

import rows from "../../../kernels/lib/rows.wgsl" with { type: "text" };
import moments from "../../../kernels/lib/moments.wgsl" with { type: "text" };
import normalize from "../../../kernels/lib/normalize.wgsl" with { type: "text" };
import source from "../../../kernels/embeddings.wgsl" with { type: "text" };
import { defineWeightKernel } from "../kernel.ts";
import { NARROW_ROWS, rowLanes } from "./row_reduction.ts";

/**
 * `out = LayerNorm(word + position + type) * weight + bias`. A token is four integers: word, type, position, unused;
 * they must be checked by the caller, since a shader would clamp them silently. With `EMBEDS` 1 `words` holds a row for
 * each token in place of a vocabulary; with `POSITIONS` 0 no position is added.
 */
export const embeddings = defineWeightKernel({
  name: "embeddings",
  summary: "out = LayerNorm(words[word] + positions[position] + types[type]) * weight + bias",
  source: source + normalize + moments + rows,
  bindings: {
    tokens: "read",
    words: "read",
    positions: "read",
    types: "read",
    weight: "read",
    bias: "read",
    out: "write",
  },
  params: { rows: "u32", columns: "u32", eps: "f32" },
  work: { touched: ({ rows, columns }) => ({ words: rows * columns, positions: rows * columns }) },
  constants: { ...NARROW_ROWS, EMBEDS: 0, POSITIONS: 1 },
  constantSets: [{}, { EMBEDS: 1 }, { POSITIONS: 0 }, { EMBEDS: 1, POSITIONS: 0 }],
  ...rowLanes,
});
