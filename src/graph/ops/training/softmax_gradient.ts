/** The gradient of softmax. */

import { softmaxGradient as kernel } from "../../../kernels/training/softmax_gradient.ts";
import type { Graph } from "../../graph.ts";
import { apply, type Op } from "../../op.ts";
import { lastOf, rowsOf, valueOf } from "../../shape.ts";
import { expectType } from "../../types.ts";
import type { Value } from "../../value.ts";

type Inputs = { p: Value; dp: Value };

/** `p * (dp - sum(p * dp))` over the last dimension. */
export const softmaxGradientOp: Op<Inputs, null, { out: Value }> = {
  name: "softmax_gradient",
  noGradient: "it stands only in gradients",

  infer({ p, dp }) {
    expectType("p", p, { dtype: "f32", shape: ["…", "*"], layout: "pitched" });
    expectType("dp", dp, { dtype: "f32", shape: p.shape, layout: "pitched" });
    return { out: { shape: p.shape, dtype: "f32", layout: "pitched" } };
  },

  lower: (g, { label, inputs }) =>
    g.call(kernel, {
      label,
      inputs,
      outputs: { out: { shape: inputs.p.shape } },
      params: (scalars) => ({
        rows: rowsOf(inputs.p.shape, scalars),
        columns: valueOf(lastOf(inputs.p.shape), scalars),
      }),
    }),
};

/** The gradient by the input of a softmax whose result is `p`, given the gradient `dp` by `p`. */
export function softmaxGradient(g: Graph, { label, ...inputs }: Inputs & { label: string }): Value {
  return apply(g, softmaxGradientOp, { label, inputs, attributes: null }).out;
}
