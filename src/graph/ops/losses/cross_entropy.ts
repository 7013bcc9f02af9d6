/** Cross-entropy of rows. */

import { crossEntropy as kernel } from "../../../kernels/losses/cross_entropy.ts";
import type { Graph } from "../../graph.ts";
import { apply, type Op } from "../../op.ts";
import { type Dim, lastOf, valueOf } from "../../shape.ts";
import { expectType } from "../../types.ts";
import type { Value } from "../../value.ts";
import { crossEntropyGradient } from "../training/losses/cross_entropy_gradient.ts";

/** `logsumexp(x[r]) - x[r, labels[r]]` of each row. */
export const crossEntropyOp: Op<{ x: Value; labels: Value }, null, { losses: Value }> = {
  name: "cross_entropy",

  infer({ x, labels }) {
    expectType("x", x, { dtype: "f32", shape: ["*", "*"], layout: "pitched" });
    const rows = x.shape[0] as Dim;
    expectType("labels", labels, { dtype: "u32", shape: [rows] });
    return { losses: { shape: [rows], dtype: "f32", layout: "tight" } };
  },

  lower(g, { label, inputs }) {
    const { shape } = inputs.x;
    const rows = shape[0] as Dim;
    return g.call(kernel, {
      label,
      inputs,
      outputs: { losses: { shape: [rows], layout: "tight" } },
      params: (scalars) => ({ rows: valueOf(rows, scalars), columns: valueOf(lastOf(shape), scalars) }),
    });
  },

  gradient: (g, { label, inputs: { x, labels } }, { losses }) => ({
    x: crossEntropyGradient(g, { label: `${label}.gradient`, x, labels, dlosses: losses as Value }),
  }),
};

/** `logsumexp(x[r]) - x[r, labels[r]]` per row, `[rows]`; 0 if the label is `NO_LABEL`. @param labels `u32 [rows]`. */
export function crossEntropy(g: Graph, { label, x, labels }: { label: string; x: Value; labels: Value }): Value {
  return apply(g, crossEntropyOp, { label, inputs: { x, labels }, attributes: null }).losses;
}
