/** Embeddings of tokens. */

import { embeddings as kernel } from "../../../kernels/rows/embeddings.ts";
import type { Graph } from "../../graph.ts";
import { apply, type Op } from "../../op.ts";
import { type Dim, lastOf, valueOf } from "../../shape.ts";
import { expectNumber, expectType, expectVector } from "../../types.ts";
import type { Value } from "../../value.ts";
import { columnSums } from "../training/column_sums.ts";
import { embeddingSums } from "../training/rows/embedding_sums.ts";
import { layerNormGradient } from "../training/rows/layer_norm_gradient.ts";
import { segmentSums } from "../training/rows/segment_sums.ts";

type Inputs = { tokens: Value; words: Value; positions?: Value; types: Value; weight: Value; bias: Value } & Indices;

/** Which tokens use each row of a table, for its gradient. */
type Indices = {
  wordStarts?: Value;
  wordOrder?: Value;
  positionStarts?: Value;
  positionOrder?: Value;
  typeStarts?: Value;
  typeOrder?: Value;
};

/** `LayerNorm(words + positions + types)` of each token. */
export const embeddingsOp: Op<Inputs, { embedded: boolean; eps: number }, { out: Value }> = {
  name: "embeddings",

  infer({ tokens, words, positions, types, weight, bias, ...indices }, { embedded, eps }) {
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
    for (const [name, table] of Object.entries({ word: words, position: positions, type: types })) {
      const count = table?.shape[0];
      const [starts, order] = [indices[`${name}Starts` as keyof Indices], indices[`${name}Order` as keyof Indices]];
      const shape = [typeof count === "number" ? count + 1 : "*"];
      if (starts !== undefined) expectType(`${name}Starts`, starts, { dtype: "u32", shape });
      if (order !== undefined) expectType(`${name}Order`, order, { dtype: "u32", shape: [rows] });
    }
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

  gradient(g, { label, inputs, attributes: { embedded, eps }, wanted }, { out }) {
    const { tokens, words, positions, types, weight, bias } = inputs;
    const dy = out as Value;
    const path = `${label}.gradient`;
    const columns = (name: "weight" | "bias", x: Value, { shape }: Value) =>
      columnSums(g, { label: `${path}.${name}`, x, shape });
    const dbias = wanted("bias") ? { bias: columns("bias", dy, bias) } : {};
    if (!(["words", "positions", "types", "weight"] as const).some(wanted)) return dbias;
    const tables = { tokens, words, ...(positions && { positions }), types };
    const x = embeddingSums(g, { label: `${path}.sums`, ...tables, embedded });
    const found = layerNormGradient(g, { label: path, x, weight, dy, eps });
    const table = (name: "word" | "position" | "type", { shape }: Value) => {
      const [starts, order] = [inputs[`${name}Starts`], inputs[`${name}Order`]];
      if (starts === undefined || order === undefined) {
        throw new Error(
          `Cannot differentiate ${label} (embeddings): it must be given "${name}Starts" and "${name}Order", the tokens ` +
            `that use each row of ${name}s`,
        );
      }
      return segmentSums(g, { label: `${path}.${name}s`, x: found.out, starts, order, segments: shape[0] as Dim });
    };
    return {
      ...dbias,
      ...(wanted("weight") && { weight: columns("weight", found.products, weight) }),
      ...(wanted("words") && { words: embedded ? found.out : table("word", words) }),
      ...(positions && wanted("positions") && { positions: table("position", positions) }),
      ...(wanted("types") && { types: table("type", types) }),
    };
  },
};

/**
 * `LayerNorm(words + positions + types)` of each token, `[T, H]`.
 *
 * @param tokens `u32 [T, 4]`: word id, type id, position id, and a column that is not used.
 * @param words The table `[V, H]`, or the word embeddings themselves `[T, H]` with `embedded`.
 * @param positions `[max, H]`, or null if positions are relative.
 * @param wordStarts For the gradient of words, as `positionStarts` and `typeStarts` for those of the other tables: where
 *   the tokens that use each row of the table begin in `wordOrder`, `u32 [V + 1]`, and the end of the last. With
 *   `embedded` words need neither.
 * @param wordOrder `u32 [T]`: the tokens by the rows that they use, as `inverseIndex` in `src/model/batch/` sorts them.
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
