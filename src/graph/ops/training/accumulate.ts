/** Sums of values in place. */

import { pitch } from "../../../kernels/kernel.ts";
import { accumulate as kernel } from "../../../kernels/training/accumulate.ts";
import type { Graph } from "../../graph.ts";
import { apply, type Op } from "../../op.ts";
import { lastOf, rowsOf, type Scalar, valueOf } from "../../shape.ts";
import { expectType, Mismatch } from "../../types.ts";
import type { Value } from "../../value.ts";

type Inputs = { to: Value; x: Value };

/** `to = x`, or `to + x`. */
export const accumulateOp: Op<Inputs, { keep: Scalar }, { out: Value }> = {
  name: "accumulate",
  noGradient: "what is updated in place is gone, so nothing is differentiated through an update",

  infer({ to, x }, { keep }) {
    expectType("to", to, { dtype: "f32", shape: ["…", "*"], layout: "pitched" });
    expectType("x", x, { dtype: "f32", shape: to.shape, layout: "pitched" });
    if (keep.dtype !== "u32") throw new Mismatch(`keep must be a u32 scalar, got ${keep.dtype}`);
    return { out: to };
  },

  lower: (g, { label, inputs: { to, x }, attributes: { keep } }) =>
    g.call(kernel, {
      label,
      inputs: { x },
      updates: { out: to },
      params: (scalars) => ({
        count: rowsOf(to.shape, scalars) * pitch(valueOf(lastOf(to.shape), scalars)),
        keep: valueOf(keep, scalars),
      }),
    }),
};

/**
 * `to += x` in place; `to = x` if the scalar `keep` is 0, whatever was there.
 *
 * @param to A parameter, a resident, or a kernel's result; f32.
 * @param x Of the same shape.
 * @returns The next version of `to`. The version before may not be read any more.
 */
export function accumulate(g: Graph, { label, keep, ...inputs }: Inputs & { label: string; keep: Scalar }): Value {
  return apply(g, accumulateOp, { label, inputs, attributes: { keep } }).out;
}
