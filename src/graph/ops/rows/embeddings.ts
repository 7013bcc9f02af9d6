/** Embeddings of tokens. */

import { embeddings as kernel } from "../../../kernels/rows/embeddings.ts";
import type { Graph } from "../../graph.ts";
import { apply, type Op } from "../../op.ts";
import { type Dim, lastOf, valueOf } from "../../shape.ts";
import { expectNumber, expectType, expectVector } from "../../types.ts";
import type { Value } from "../../value.ts";

type Inputs = { tokens: Value; words: Value; positions?: Value; types: Value; weight: Value; bias: Value };

/** `LayerNorm(words + positions + types)` of each token. */
export const embeddingsOp: Op<Inputs, { embedded: boolean; eps: number }, { out: Value }> = {
  name: "embeddings",
  noGradient: "the gradients of embeddings come with training (issue 10)",

  infer({ tokens, words, positions, types, weight, bias }, { embedded, eps }) {
    expectType("tokens", tokens, { dtype: "u32", shape: ["*", 4], layout: "tight" });
    const rows = tokens.shape[0] as Dim;
    expectType("words", words, {
      dtype: embedded ? "f32" : ["f32", "f16"],
      shape: [embedded ? rows : "*", "*"],
      layout: "pitched",
    });
    const columns = lastOf(words.shape);
    const table = { dtype: "f32", shape: ["*", columns], layout: "pitched" } as const;
    if (positions !== undefined) expectType("positions", positions, table);
    expectType("types", types, table);
    expectVector("weight", weight, columns);
    expectVector("bias", bias, columns);
    expectNumber("eps", eps, { positive: true });
    return { out: { shape: [rows, columns], dtype: "f32", layout: "pitched" } };
  },

  lower(g, { label, inputs: { tokens, words, positions, types, weight, bias }, attributes: { embedded, eps } }) {
    const columns = lastOf(words.shape);
    const rows = tokens.shape[0] as Dim;
    return g.call(words.dtype === "f16" ? kernel.f16 : kernel, {
      label,
      inputs: { tokens, words, positions: positions ?? types, types, weight, bias },
      outputs: { out: { shape: [rows, columns] } },
      constants: { EMBEDS: embedded ? 1 : 0, POSITIONS: positions === undefined ? 0 : 1 },
      params: (scalars) => ({ rows: valueOf(rows, scalars), columns: valueOf(columns, scalars), eps }),
    });
  },
};

/**
 * `LayerNorm(words + positions + types)` of each token, `[T, H]`.
 *
 * @param tokens `u32 [T, 4]`: word id, type id, position id, and a column that is not used.
 * @param words The table `[V, H]`, or the word embeddings themselves `[T, H]` with `embedded`.
 * @param positions `[max, H]`, or null if positions are relative.
 */
export function embeddings(
  g: Graph,
  { label, positions, embedded, eps, ...inputs }: Omit<Inputs, "positions"> & {
    label: string;
    positions: Value | null;
    embedded: boolean;
    eps: number;
  },
): Value {
  const all = { ...inputs, ...(positions && { positions }) };
  return apply(g, embeddingsOp, { label, inputs: all, attributes: { embedded, eps } }).out;
}
