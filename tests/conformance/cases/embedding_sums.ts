/** Conformance cases of `embedding_sums`. */

import type { embeddingSums as kernel } from "../../../src/kernels/training/rows/embedding_sums.ts";
import { embeddingSum } from "../../reference/embeddings.ts";
import type { Cases } from "../conformance.ts";
import { matrix, random } from "../data.ts";
import { embeddingSumBound } from "../gradient_bounds.ts";

const [VOCABULARY, POSITIONS, TYPES] = [101, 67, 2];

export function* cases(): Cases<typeof kernel> {
  const next = random(37);
  const below = (count: number) => Math.floor((next() + 1) / 2 * count);
  for (const [rows, columns] of [[0, 8], [1, 1], [3, 2], [9, 33], [65, 128], [7, 129], [31, 768]] as const) {
    const tokens = new Uint32Array(4 * rows).map((_, i) => below([VOCABULARY, TYPES, POSITIONS, 2 ** 32][i % 4] ?? 0));
    const types = matrix(TYPES, columns, next);
    for (const embeds of [false, true]) {
      const words = matrix(embeds ? rows : VOCABULARY, columns, next);
      for (const positions of [undefined, matrix(POSITIONS, columns, next)]) {
        const call = { rows, columns, tokens, words, ...(positions && { positions }), types, embeds };
        const values = embeddingSum(call);
        const sizes = embeddingSum({
          ...call,
          words: words.map(Math.abs),
          ...(positions && { positions: positions.map(Math.abs) }),
          types: types.map(Math.abs),
        });
        yield {
          name: `${rows} x ${columns}`,
          constants: { EMBEDS: embeds ? 1 : 0, POSITIONS: positions === undefined ? 0 : 1 },
          params: { rows, columns },
          buffers: {
            tokens,
            words,
            positions: positions ?? new Float32Array(4),
            types,
            out: 4 * values.length,
          },
          expected: { out: { values, bound: Float64Array.from(sizes, embeddingSumBound) } },
        };
      }
    }
  }
}
