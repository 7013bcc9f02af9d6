/** The gradient of cross-entropy. */

import { crossEntropyGradient as kernel } from "../../../../kernels/training/losses/cross_entropy_gradient.ts";
import type { Graph } from "../../../graph.ts";
import { apply, type Op } from "../../../op.ts";
import { type Dim, valueOf } from "../../../shape.ts";
import { expectType } from "../../../types.ts";
import type { Value } from "../../../value.ts";

type Inputs = { x: Value; labels: Value; dlosses: Value };

/** `(softmax(x[r]) - onehot(labels[r])) * dlosses[r]` of each row. */
export const crossEntropyGradientOp: Op<Inputs, null, { out: Value }> = {
  name: "cross_entropy_gradient",
  noGradient: "it stands only in gradients",

  infer({ x, labels, dlosses }) {
    expectType("x", x, { dtype: "f32", shape: ["*", "*"], layout: "pitched" });
    const rows = x.shape[0] as Dim;
    expectType("labels", labels, { dtype: "u32", shape: [rows] });
    expectType("dlosses", dlosses, { dtype: "f32", shape: [rows] });
    return { out: { shape: x.shape, dtype: "f32", layout: "pitched" } };
  },

  lower(g, { label, inputs }) {
    const [rows, columns] = inputs.x.shape as [Dim, Dim];
    return g.call(kernel, {
      label,
      inputs,
      outputs: { out: { shape: inputs.x.shape } },
      params: (scalars) => ({ rows: valueOf(rows, scalars), columns: valueOf(columns, scalars) }),
    });
  },
};

/** The gradient by the logits `x` of the cross-entropies of rows, given that by each row's, `dlosses`. */
export function crossEntropyGradient(g: Graph, { label, ...inputs }: Inputs & { label: string }): Value {
  return apply(g, crossEntropyGradientOp, { label, inputs, attributes: null }).out;
}
