/** The sums that embeddings normalize, computed again for their gradients. */

import source from "../../../../kernels/embedding_sums.wgsl" with { type: "text" };
import { defineKernel, foldedGrid, pitch } from "../../kernel.ts";

/** `out = word + position + type` of each token; bindings and constants as those of `embeddings`, but for 32-bit words alone. */
export const embeddingSums = defineKernel({
  name: "embedding_sums",
  summary: "out = words[word] + positions[position] + types[type]",
  source,
  bindings: { tokens: "read", words: "read", positions: "read", types: "read", out: "write" },
  params: { rows: "u32", columns: "u32" },
  work: { touched: ({ rows, columns }) => ({ words: rows * columns, positions: rows * columns }) },
  constants: { EMBEDS: 0, POSITIONS: 1 },
  constantSets: [{}, { EMBEDS: 1 }, { POSITIONS: 0 }, { EMBEDS: 1, POSITIONS: 0 }],
  workgroupSize: () => [64, 1, 1],
  grid: ({ rows, columns }) => foldedGrid(Math.ceil(rows * pitch(columns) / 256)),
});
