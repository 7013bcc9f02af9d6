/** Losses that compare each output with its target. */

import { POINTWISE_LOSSES, pointwiseLoss as kernel } from "../../../kernels/losses/pointwise_loss.ts";
import type { Graph } from "../../graph.ts";
import { apply, type Op } from "../../op.ts";
import { type Dim, lastOf, valueOf } from "../../shape.ts";
import { expectType, Mismatch } from "../../types.ts";
import type { Value } from "../../value.ts";
import { pointwiseLossGradient } from "../training/losses/pointwise_loss_gradient.ts";

/** Names of the losses. */
export type PointwiseLoss = keyof typeof POINTWISE_LOSSES;

/** The sum over each row of squared errors, or of binary cross-entropies with logits. */
export const pointwiseLossOp: Op<{ x: Value; y: Value }, { kind: PointwiseLoss }, { losses: Value }> = {
  name: "pointwise_loss",

  infer({ x, y }, { kind }) {
    expectType("x", x, { dtype: "f32", shape: ["*", "*"], layout: "pitched" });
    expectType("y", y, { dtype: "f32", shape: x.shape, layout: "pitched" });
    if (!(kind in POINTWISE_LOSSES)) {
      throw new Mismatch(`kind must be ${Object.keys(POINTWISE_LOSSES).join(" or ")}, got ${kind}`, RangeError);
    }
    return { losses: { shape: [x.shape[0] as Dim], dtype: "f32", layout: "tight" } };
  },

  lower(g, { label, inputs, attributes: { kind } }) {
    const { shape } = inputs.x;
    const rows = shape[0] as Dim;
    return g.call(kernel, {
      label,
      inputs,
      outputs: { losses: { shape: [rows], layout: "tight" } },
      constants: { KIND: POINTWISE_LOSSES[kind] },
      params: (scalars) => ({ rows: valueOf(rows, scalars), columns: valueOf(lastOf(shape), scalars) }),
    });
  },

  gradient(g, { label, inputs: { x, y }, attributes: { kind }, wanted }, { losses }) {
    if (wanted("y")) {
      throw new Error(
        `Cannot differentiate ${label} (pointwise_loss): y must be given, since a target has no gradient`,
      );
    }
    return { x: pointwiseLossGradient(g, { label: `${label}.gradient`, x, y, dlosses: losses as Value, kind }) };
  },
};

/** The sum over each row of squared errors, or of binary cross-entropies with logits, `[rows]`. */
export function pointwiseLoss(
  g: Graph,
  { label, x, y, kind }: { label: string; x: Value; y: Value; kind: PointwiseLoss },
): Value {
  return apply(g, pointwiseLossOp, { label, inputs: { x, y }, attributes: { kind } }).losses;
}
