/** What embeddings normalize. */

import { embeddingSums as kernel } from "../../../../kernels/training/rows/embedding_sums.ts";
import type { Graph } from "../../../graph.ts";
import { apply, type Op } from "../../../op.ts";
import { type Dim, lastOf, valueOf } from "../../../shape.ts";
import { expectType } from "../../../types.ts";
import type { Value } from "../../../value.ts";

type Inputs = { tokens: Value; words: Value; positions?: Value; types: Value };

/** `words + positions + types` of each token. */
export const embeddingSumsOp: Op<Inputs, { embedded: boolean }, { out: Value }> = {
  name: "embedding_sums",
  noGradient: "it stands only in gradients",

  infer({ tokens, words, positions, types }, { embedded }) {
    expectType("tokens", tokens, { dtype: "u32", shape: ["*", 4], layout: "tight" });
    const rows = tokens.shape[0] as Dim;
    expectType("words", words, { dtype: "f32", shape: [embedded ? rows : "*", "*"], layout: "pitched" });
    const columns = lastOf(words.shape);
    const table = { dtype: "f32", shape: ["*", columns], layout: "pitched" } as const;
    if (positions !== undefined) expectType("positions", positions, table);
    expectType("types", types, table);
    return { out: { shape: [rows, columns], dtype: "f32", layout: "pitched" } };
  },

  lower(g, { label, inputs: { tokens, words, positions, types }, attributes: { embedded } }) {
    const columns = lastOf(words.shape);
    const rows = tokens.shape[0] as Dim;
    return g.call(kernel, {
      label,
      inputs: { tokens, words, positions: positions ?? types, types },
      outputs: { out: { shape: [rows, columns] } },
      constants: { EMBEDS: embedded ? 1 : 0, POSITIONS: positions === undefined ? 0 : 1 },
      params: (scalars) => ({ rows: valueOf(rows, scalars), columns: valueOf(columns, scalars) }),
    });
  },
};

/** `words + positions + types` of each token, `[T, H]`, not yet normalized; inputs as those of `embeddings`, words of f32. */
export function embeddingSums(
  g: Graph,
  { label, embedded, ...inputs }: Inputs & { label: string; embedded: boolean },
): Value {
  return apply(g, embeddingSumsOp, { label, inputs, attributes: { embedded } }).out;
}
