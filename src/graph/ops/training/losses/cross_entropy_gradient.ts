/** The gradient of cross-entropy. */

import { crossEntropyGradient as kernel } from "../../../../kernels/training/losses/cross_entropy_gradient.ts";
import type { Graph } from "../../../graph.ts";
import { apply, type Op } from "../../../op.ts";
import { type Dim, type Scalar, valueOf } from "../../../shape.ts";
import { expectFraction, expectType } from "../../../types.ts";
import type { Value } from "../../../value.ts";

type Inputs = { x: Value; labels: Value; weights?: Value; dlosses: Value };
type Attributes = { smoothing: Scalar | number };

/** `weights[r] * dlosses[r] * (softmax(x[r]) - (1 - s) onehot(labels[r]) - s / columns)` of each row, s = `smoothing`. */
export const crossEntropyGradientOp: Op<Inputs, Attributes, { out: Value }> = {
  name: "cross_entropy_gradient",
  noGradient: "it stands only in gradients",

  infer({ x, labels, weights, dlosses }, { smoothing }) {
    expectType("x", x, { dtype: "f32", shape: ["*", "*"], layout: "pitched" });
    const rows = x.shape[0] as Dim;
    expectType("labels", labels, { dtype: "u32", shape: [rows] });
    if (weights !== undefined) expectType("weights", weights, { dtype: "f32", shape: [rows] });
    expectType("dlosses", dlosses, { dtype: "f32", shape: [rows] });
    if (typeof smoothing === "number") expectFraction("smoothing", smoothing);
    return { out: { shape: x.shape, dtype: "f32", layout: "pitched" } };
  },

  lower(g, { label, inputs, attributes: { smoothing } }) {
    const [rows, columns] = inputs.x.shape as [Dim, Dim];
    return g.call(kernel, {
      label,
      inputs,
      outputs: { out: { shape: inputs.x.shape } },
      params: (scalars) => ({
        rows: valueOf(rows, scalars),
        columns: valueOf(columns, scalars),
        smoothing: valueOf(smoothing, scalars),
        weighted: inputs.weights === undefined ? 0 : 1,
      }),
    });
  },
};

/** The gradient by the logits `x` of the cross-entropies of rows, given that by each row's, `dlosses`. */
export function crossEntropyGradient(
  g: Graph,
  { label, smoothing = 0, ...inputs }: Inputs & Partial<Attributes> & { label: string },
): Value {
  return apply(g, crossEntropyGradientOp, { label, inputs, attributes: { smoothing } }).out;
}
