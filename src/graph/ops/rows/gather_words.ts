/** Rows of a table of words in slices, as the tokens name them. */

import { gatherWords as kernel } from "../../../kernels/rows/gather_words.ts";
import type { Graph } from "../../graph.ts";
import { apply, type Op } from "../../op.ts";
import { type Dim, lastOf, valueOf } from "../../shape.ts";
import { expectType } from "../../types.ts";
import type { Type, Value } from "../../value.ts";
import { checkSlices, namedSlices, rowsOfSlices, type Slices, slicesOf } from "../slices.ts";
import { segmentSums } from "../training/rows/segment_sums.ts";
import { zeros } from "../training/zeros.ts";

type Inputs = { tokens: Value; wordStarts?: Value; wordOrder?: Value } & Slices<Value>;

/** `out[t] = words[tokens[t].word]`, words the slices one below the other. */
export const gatherWordsOp: Op<Inputs, null, { out: Value }> = {
  name: "gather_words",

  infer({ tokens, wordStarts, wordOrder, ...rest }) {
    expectType("tokens", tokens, { dtype: "u32", shape: ["*", 4], layout: "tight" });
    const rows = tokens.shape[0] as Dim;
    const slices = slicesOf(rest as Slices<Type>);
    checkSlices(slices);
    if (wordStarts !== undefined) {
      expectType("wordStarts", wordStarts, { dtype: "u32", shape: [rowsOfSlices(slices) + 1] });
    }
    if (wordOrder !== undefined) expectType("wordOrder", wordOrder, { dtype: "u32", shape: [rows] });
    const columns = lastOf((slices[0]?.value as Type).shape);
    return { out: { shape: [rows, columns], dtype: "f32", layout: "pitched" } };
  },

  lower(g, { label, inputs: { tokens, wordStarts: _, wordOrder: __, ...rest } }) {
    const slices = slicesOf(rest as Slices<Value>);
    const columns = lastOf((slices[0]?.value as Value).shape);
    const rows = tokens.shape[0] as Dim;
    let out = zeros(g, { label: `${label}.zeros`, shape: [rows, columns] });
    for (const { value, first, rows: count } of slices) {
      ({ out } = g.call(value.dtype === "f16" ? kernel.f16 : kernel, {
        label,
        inputs: { tokens, words: value },
        updates: { out },
        params: (scalars) => ({ rows: valueOf(rows, scalars), columns: valueOf(columns, scalars), first, count }),
      }));
    }
    return { out };
  },

  gradient(g, { label, inputs: { wordStarts: starts, wordOrder: order, ...rest }, wanted }, { out }) {
    const { tokens: _, ...slices } = rest;
    return namedSlices(
      slicesOf(slices as Slices<Value>).map(({ name, first, rows: segments }) => {
        if (!wanted(name)) return undefined;
        if (starts === undefined || order === undefined) {
          throw new Error(
            `Cannot differentiate ${label} (gather_words): it must be given "wordStarts" and "wordOrder", the tokens that ` +
              "use each row of words",
          );
        }
        return segmentSums(g, { label: `${label}.gradient.${name}`, x: out as Value, starts, order, first, segments });
      }),
    ) as Slices<Value>;
  },
};

/**
 * `out[t] = words[tokens[t].word]`, `[T, H]` of f32.
 *
 * @param tokens `u32 [T, 4]`, of which the first column is the word.
 * @param slices The rows of the table `[V, H]`, one below the other, f32 or f16. All but the last have a multiple of 4
 *   rows.
 * @param wordStarts For the gradient, as `wordOrder`: see {@linkcode embeddings}.
 */
export function gatherWords(
  g: Graph,
  { label, slices, ...inputs }: { label: string; slices: readonly Value[] } & Omit<Inputs, keyof Slices<Value>>,
): Value {
  return apply(g, gatherWordsOp, { label, inputs: { ...inputs, ...namedSlices(slices) }, attributes: null }).out;
}
