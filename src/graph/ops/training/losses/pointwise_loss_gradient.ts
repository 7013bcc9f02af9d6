/** The gradients of losses that compare each output with its target. */

import { POINTWISE_LOSSES } from "../../../../kernels/losses/pointwise_loss.ts";
import { pointwiseLossGradient as kernel } from "../../../../kernels/training/losses/pointwise_loss_gradient.ts";
import type { Graph } from "../../../graph.ts";
import { apply, type Op } from "../../../op.ts";
import { type Dim, valueOf } from "../../../shape.ts";
import { expectType } from "../../../types.ts";
import type { Value } from "../../../value.ts";

type Inputs = { x: Value; y: Value; dlosses: Value };
type Attributes = { kind: keyof typeof POINTWISE_LOSSES };

/** `dlosses[r]` times the slope of each loss by x. */
export const pointwiseLossGradientOp: Op<Inputs, Attributes, { out: Value }> = {
  name: "pointwise_loss_gradient",
  noGradient: "it stands only in gradients",

  infer({ x, y, dlosses }) {
    expectType("x", x, { dtype: "f32", shape: ["*", "*"], layout: "pitched" });
    expectType("y", y, { dtype: "f32", shape: x.shape, layout: "pitched" });
    expectType("dlosses", dlosses, { dtype: "f32", shape: [x.shape[0] as Dim] });
    return { out: { shape: x.shape, dtype: "f32", layout: "pitched" } };
  },

  lower(g, { label, inputs, attributes: { kind } }) {
    const [rows, columns] = inputs.x.shape as [Dim, Dim];
    return g.call(kernel, {
      label,
      inputs,
      outputs: { out: { shape: inputs.x.shape } },
      constants: { KIND: POINTWISE_LOSSES[kind] },
      params: (scalars) => ({ rows: valueOf(rows, scalars), columns: valueOf(columns, scalars) }),
    });
  },
};

/** The gradient by the outputs or logits `x` of the losses of rows, given that by each row's, `dlosses`. */
export function pointwiseLossGradient(
  g: Graph,
  { label, kind, ...inputs }: Inputs & Attributes & { label: string },
): Value {
  return apply(g, pointwiseLossGradientOp, { label, inputs, attributes: { kind } }).out;
}
