/** Dropout of attention probabilities. */

import { attentionDropout as kernel } from "../../../../kernels/training/attention/attention_dropout.ts";
import type { Graph } from "../../../graph.ts";
import { apply, type Op } from "../../../op.ts";
import { type Dim, lastOf, rowsOf, valueOf } from "../../../shape.ts";
import { expectType } from "../../../types.ts";
import type { Value } from "../../../value.ts";
import { checkMask, type DropoutMask, maskParams } from "../dropout.ts";

type Outputs = { dropped: Value; sums: Value };

/** `p / (1 - rate)` where the mask says so, else 0, and its sums over keys. */
export const attentionDropoutOp: Op<{ p: Value }, DropoutMask, Outputs> = {
  name: "attention_dropout",
  noGradient: "it stands only in attention, whose gradient sees to it",

  infer({ p }, mask) {
    expectType("p", p, { dtype: "f32", shape: ["*", "*", "*"], layout: "pitched" });
    checkMask(mask);
    return {
      dropped: { shape: p.shape, dtype: "f32", layout: "pitched" },
      sums: { shape: p.shape.slice(0, -1), dtype: "f32", layout: "tight" },
    };
  },

  lower: (g, { label, inputs: { p }, attributes: mask }) =>
    g.call(kernel, {
      label,
      inputs: { p },
      outputs: { dropped: { shape: p.shape }, sums: { shape: p.shape.slice(0, -1) as Dim[], layout: "tight" } },
      params: (scalars) => ({
        rows: rowsOf(p.shape, scalars),
        columns: valueOf(lastOf(p.shape), scalars),
        ...maskParams(g.path(label), mask, scalars),
      }),
    }),
};

/**
 * Probabilities `[rows, heads, keys]` of which a random choice is 0 and the others are divided by `1 - rate`, and their
 * sums `[rows, heads]`. The same mask gives the same choice, that of `dropout`; the number of keys is a multiple of 4.
 */
export function attentionDropout(g: Graph, { label, p, ...mask }: { label: string; p: Value } & DropoutMask): Outputs {
  return apply(g, attentionDropoutOp, { label, inputs: { p }, attributes: mask });
}
