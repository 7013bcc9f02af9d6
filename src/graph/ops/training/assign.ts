/** Writes one value over another in place. */

import { pitch } from "../../../kernels/kernel.ts";
import { assign as kernel } from "../../../kernels/training/assign.ts";
import type { Graph } from "../../graph.ts";
import { apply, type Op } from "../../op.ts";
import { lastOf, rowsOf, valueOf } from "../../shape.ts";
import { expectType } from "../../types.ts";
import type { Value } from "../../value.ts";

type Inputs = { to: Value; x: Value };

/** `to = x`. */
export const assignOp: Op<Inputs, null, { out: Value }> = {
  name: "assign",
  noGradient: "what is updated in place is gone, so nothing is differentiated through an update",

  infer({ to, x }) {
    expectType("to", to, { dtype: "f32", shape: ["…", "*"], layout: "pitched" });
    expectType("x", x, { dtype: "f32", shape: to.shape, layout: "pitched" });
    return { out: to };
  },

  lower: (g, { label, inputs: { to, x } }) =>
    g.call(kernel, {
      label,
      inputs: { x },
      updates: { out: to },
      params: (scalars) => ({ count: rowsOf(to.shape, scalars) * pitch(valueOf(lastOf(to.shape), scalars)) }),
    }),
};

/**
 * `to = x` in place.
 *
 * @param to A parameter, a resident, or a kernel's result; f32.
 * @param x Of the same shape.
 * @returns The next version of `to`. The version before may not be read any more.
 */
export function assign(g: Graph, { label, ...inputs }: Inputs & { label: string }): Value {
  return apply(g, assignOp, { label, inputs, attributes: null }).out;
}
