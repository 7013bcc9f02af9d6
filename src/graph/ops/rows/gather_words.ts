/** Rows of a table of words in slices, as tokens name them. */

import { gatherWords as kernel } from "../../../kernels/rows/gather_words.ts";
import type { Graph } from "../../graph.ts";
import { apply, type Op } from "../../op.ts";
import { type Dim, lastOf, valueOf } from "../../shape.ts";
import { expectType, expectWhole, Mismatch } from "../../types.ts";
import type { Value } from "../../value.ts";
import { segmentSums } from "../training/rows/segment_sums.ts";
import { zeros } from "../training/zeros.ts";

type Inputs = { tokens: Value; words: Value; others: Value } & Index;

/** Which tokens use each row of the whole table, for the gradient. */
type Index = { wordStarts?: Value; wordOrder?: Value };

/**
 * `out[t] = words[tokens[t].word - first]` for tokens whose word is in the slice, the other rows those of `others`, which
 * is updated in place.
 *
 * It is an op for each slice, not for all together, so that gradients add up what they make of one slice before they go
 * on to the next.
 */
export const gatherWordsOp: Op<Inputs, { first: number }, { out: Value }> = {
  name: "gather_words",

  infer({ tokens, words, others, wordStarts, wordOrder }, { first }) {
    expectType("tokens", tokens, { dtype: "u32", shape: ["*", 4], layout: "tight" });
    const rows = tokens.shape[0] as Dim;
    expectType("words", words, { dtype: ["f32", "f16"], shape: ["*", "*"], layout: "pitched" });
    if (typeof words.shape[0] !== "number") {
      throw new Mismatch(`words must have a fixed number of rows, got [${words.shape.join(", ")}]`);
    }
    expectType("others", others, { dtype: "f32", shape: [rows, lastOf(words.shape)], layout: "pitched" });
    expectWhole("first", first, [0, Infinity]);
    if (wordStarts !== undefined) expectType("wordStarts", wordStarts, { dtype: "u32", shape: ["*"] });
    if (wordOrder !== undefined) expectType("wordOrder", wordOrder, { dtype: "u32", shape: [rows] });
    return { out: others };
  },

  lower(g, { label, inputs: { tokens, words, others }, attributes: { first } }) {
    const [rows, columns] = others.shape as [Dim, Dim];
    const count = words.shape[0] as number;
    return g.call(words.dtype === "f16" ? kernel.f16 : kernel, {
      label,
      inputs: { tokens, words },
      updates: { out: others },
      params: (scalars) => ({ rows: valueOf(rows, scalars), columns: valueOf(columns, scalars), first, count }),
    });
  },

  gradient(g, { label, inputs: { words, wordStarts: starts, wordOrder: order }, attributes, wanted }, { out }) {
    // Rows of tokens of this slice have no gradient by `others`. They are handed on, as no other slice reads them.
    if (!wanted("words")) return { others: out as Value };
    if (starts === undefined || order === undefined) {
      throw new Error(
        `Cannot differentiate ${label} (gather_words): it must be given "wordStarts" and "wordOrder", the tokens that ` +
          "use each row of words",
      );
    }
    const [segments] = words.shape as [number];
    const call = { x: out as Value, starts, order, first: attributes.first, segments };
    return { words: segmentSums(g, { label: `${label}.gradient.words`, ...call }), others: out as Value };
  },
};

/**
 * `out[t] = words[tokens[t].word]`, `[T, H]` of f32.
 *
 * @param tokens `u32 [T, 4]`, of which the first column is the word.
 * @param slices The rows of the table `[V, H]`, one below the other, f32 or f16.
 * @param wordStarts For the gradient, as `wordOrder`: see {@linkcode embeddings}.
 */
export function gatherWords(
  g: Graph,
  { label, tokens, slices, ...index }: { label: string; tokens: Value; slices: readonly Value[] } & Index,
): Value {
  const columns = slices[0] === undefined ? 0 : lastOf(slices[0].shape);
  let others = zeros(g, { label: `${label}.zeros`, shape: [tokens.shape[0] as Dim, columns] });
  let first = 0;
  for (const words of slices) {
    const inputs = { tokens, words, others, ...index };
    others = apply(g, gatherWordsOp, { label, inputs, attributes: { first } }).out;
    first += words.shape[0] as number;
  }
  return others;
}
