/** Adds a multiple of one value to another in place. */

import { pitch } from "../../../kernels/kernel.ts";
import { addScaled as kernel } from "../../../kernels/training/add_scaled.ts";
import type { Graph } from "../../graph.ts";
import { apply, type Op } from "../../op.ts";
import { lastOf, rowsOf, type Scalar, valueOf } from "../../shape.ts";
import { expectNumber, expectType } from "../../types.ts";
import type { Value } from "../../value.ts";

type Inputs = { to: Value; x: Value };
type Attributes = { scale: Scalar | number; factor: number };

/** `to += factor * scale * x`. */
export const addScaledOp: Op<Inputs, Attributes, { out: Value }> = {
  name: "add_scaled",
  noGradient: "what is updated in place is gone, so nothing is differentiated through an update",

  infer({ to, x }, { scale, factor }) {
    expectType("to", to, { dtype: "f32", shape: ["…", "*"], layout: "pitched" });
    expectType("x", x, { dtype: "f32", shape: to.shape, layout: "pitched" });
    if (typeof scale === "number") expectNumber("scale", scale);
    expectNumber("factor", factor);
    return { out: to };
  },

  lower: (g, { label, inputs: { to, x }, attributes: { scale, factor } }) =>
    g.call(kernel, {
      label,
      inputs: { x },
      updates: { out: to },
      params: (scalars) => ({
        count: rowsOf(to.shape, scalars) * pitch(valueOf(lastOf(to.shape), scalars)),
        scale: factor * valueOf(scale, scalars),
      }),
    }),
};

/**
 * `to += factor * scale * x` in place.
 *
 * @param to A parameter, a resident, or a kernel's result; f32.
 * @param x Of the same shape.
 * @param scale A number, or a scalar such as the learning rate.
 * @returns The next version of `to`. The version before may not be read any more.
 */
export function addScaled(
  g: Graph,
  { label, scale = 1, factor = 1, ...inputs }: Inputs & Partial<Attributes> & { label: string },
): Value {
  return apply(g, addScaledOp, { label, inputs, attributes: { scale, factor } }).out;
}
