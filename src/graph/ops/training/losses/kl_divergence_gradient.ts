/** The gradient of the distance of distributions of logits. */

import { klDivergenceGradient as kernel } from "../../../../kernels/training/losses/kl_divergence_gradient.ts";
import type { Graph } from "../../../graph.ts";
import { apply, type Op } from "../../../op.ts";
import { type Dim, type Scalar, valueOf } from "../../../shape.ts";
import { expectNumber, expectType } from "../../../types.ts";
import type { Value } from "../../../value.ts";

type Inputs = { x: Value; y: Value; dlosses: Value };
type Attributes = { temperature: Scalar | number };

/** `dlosses[r] * T * (softmax(x[r] / T) - softmax(y[r] / T))` of each row. */
export const klDivergenceGradientOp: Op<Inputs, Attributes, { out: Value }> = {
  name: "kl_divergence_gradient",
  noGradient: "it stands only in gradients",

  infer({ x, y, dlosses }, { temperature }) {
    expectType("x", x, { dtype: "f32", shape: ["*", "*"], layout: "pitched" });
    expectType("y", y, { dtype: "f32", shape: x.shape, layout: "pitched" });
    expectType("dlosses", dlosses, { dtype: "f32", shape: [x.shape[0] as Dim] });
    if (typeof temperature === "number") expectNumber("temperature", temperature, { positive: true });
    return { out: { shape: x.shape, dtype: "f32", layout: "pitched" } };
  },

  lower(g, { label, inputs, attributes: { temperature } }) {
    const [rows, columns] = inputs.x.shape as [Dim, Dim];
    return g.call(kernel, {
      label,
      inputs,
      outputs: { out: { shape: inputs.x.shape } },
      params: (scalars) => ({
        rows: valueOf(rows, scalars),
        columns: valueOf(columns, scalars),
        temperature: valueOf(temperature, scalars),
      }),
    });
  },
};

/** The gradient by the logits `x` of the distances of rows from the logits `y`, given that by each row's, `dlosses`. */
export function klDivergenceGradient(
  g: Graph,
  { label, temperature, ...inputs }: Inputs & Attributes & { label: string },
): Value {
  return apply(g, klDivergenceGradientOp, { label, inputs, attributes: { temperature } }).out;
}
