/** How far distributions of logits are from those of a teacher's logits. */

import { klDivergence as kernel } from "../../../kernels/losses/kl_divergence.ts";
import type { Graph } from "../../graph.ts";
import { apply, type Op } from "../../op.ts";
import { type Dim, lastOf, type Scalar, valueOf } from "../../shape.ts";
import { expectNumber, expectType } from "../../types.ts";
import type { Value } from "../../value.ts";
import { klDivergenceGradient } from "../training/losses/kl_divergence_gradient.ts";

type Inputs = { x: Value; y: Value };
type Attributes = { temperature: Scalar | number };

/** `T^2 * KL(softmax(y / T) || softmax(x / T))` of each row. */
export const klDivergenceOp: Op<Inputs, Attributes, { losses: Value }> = {
  name: "kl_divergence",

  infer({ x, y }, { temperature }) {
    expectType("x", x, { dtype: "f32", shape: ["*", "*"], layout: "pitched" });
    expectType("y", y, { dtype: "f32", shape: x.shape, layout: "pitched" });
    if (typeof temperature === "number") expectNumber("temperature", temperature, { positive: true });
    return { losses: { shape: [x.shape[0] as Dim], dtype: "f32", layout: "tight" } };
  },

  lower(g, { label, inputs, attributes: { temperature } }) {
    const { shape } = inputs.x;
    const rows = shape[0] as Dim;
    return g.call(kernel, {
      label,
      inputs,
      outputs: { losses: { shape: [rows], layout: "tight" } },
      params: (scalars) => ({
        rows: valueOf(rows, scalars),
        columns: valueOf(lastOf(shape), scalars),
        temperature: valueOf(temperature, scalars),
      }),
    });
  },

  gradient(g, { label, inputs: { x, y }, attributes: { temperature }, wanted }, { losses }) {
    if (wanted("y")) {
      throw new Error(
        `Cannot differentiate ${label} (kl_divergence): y must be given, since a teacher has no gradient`,
      );
    }
    const dlosses = losses as Value;
    return { x: klDivergenceGradient(g, { label: `${label}.gradient`, x, y, dlosses, temperature }) };
  },
};

/**
 * `T^2 * KL(softmax(y / T) || softmax(x / T))` of each row, `[rows]`: the soft loss of Hinton, Vinyals and Dean (2015),
 * whose gradient is of the same size at every temperature T.
 *
 * @param call `x` are logits, `y` those of the teacher, of the same shape; `temperature` is a positive number, or a
 *   scalar of f32.
 */
export function klDivergence(
  g: Graph,
  { label, x, y, temperature }: Inputs & Attributes & { label: string },
): Value {
  return apply(g, klDivergenceOp, { label, inputs: { x, y }, attributes: { temperature } }).losses;
}
