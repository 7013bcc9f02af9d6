/** Softmax. */

import { softmax as kernel } from "../../../kernels/rows/softmax.ts";
import type { Graph } from "../../graph.ts";
import { apply, type Op } from "../../op.ts";
import { lastOf, rowsOf, valueOf } from "../../shape.ts";
import { expectType } from "../../types.ts";
import type { Value } from "../../value.ts";
import { softmaxGradient } from "../training/softmax_gradient.ts";

/** Softmax over the last dimension. */
export const softmaxOp: Op<{ x: Value }, null, { out: Value }> = {
  name: "softmax",

  infer({ x }) {
    expectType("x", x, { dtype: "f32", shape: ["…", "*"], layout: "pitched" });
    return { out: { shape: x.shape, dtype: "f32", layout: "pitched" } };
  },

  lower: (g, { label, inputs: { x } }) =>
    g.call(kernel, {
      label,
      inputs: { x },
      outputs: { out: { shape: x.shape } },
      params: (scalars) => ({ rows: rowsOf(x.shape, scalars), columns: valueOf(lastOf(x.shape), scalars) }),
    }),

  gradient: (g, { label, outputs: { out: p } }, { out: dp }) => ({
    x: softmaxGradient(g, { label: `${label}.gradient`, p, dp: dp as Value }),
  }),
};

/** Softmax over the last dimension. */
export function softmax(g: Graph, { label, x }: { label: string; x: Value }): Value {
  return apply(g, softmaxOp, { label, inputs: { x }, attributes: null }).out;
}
