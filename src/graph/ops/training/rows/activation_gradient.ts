/** The gradient of activations. */

import { ACTIVATION_CODES, type ActivationName } from "../../../../kernels/rows/activation.ts";
import { activationGradient as kernel } from "../../../../kernels/training/rows/activation_gradient.ts";
import { pitch } from "../../../../kernels/kernel.ts";
import type { Graph } from "../../../graph.ts";
import { apply, type Op } from "../../../op.ts";
import { lastOf, rowsOf, valueOf } from "../../../shape.ts";
import { expectType } from "../../../types.ts";
import type { Value } from "../../../value.ts";

type Inputs = { x: Value; dy: Value };

/** `dy * activation'(x)`. */
export const activationGradientOp: Op<Inputs, { kind: ActivationName }, { out: Value }> = {
  name: "activation_gradient",
  noGradient: "it stands only in gradients",

  infer({ x, dy }) {
    expectType("x", x, { dtype: "f32", shape: ["…", "*"], layout: "pitched" });
    expectType("dy", dy, { dtype: "f32", shape: x.shape, layout: "pitched" });
    return { out: { shape: x.shape, dtype: "f32", layout: "pitched" } };
  },

  lower: (g, { label, inputs, attributes: { kind } }) =>
    g.call(kernel, {
      label,
      inputs,
      outputs: { out: { shape: inputs.x.shape } },
      params: (scalars) => ({
        count: rowsOf(inputs.x.shape, scalars) * pitch(valueOf(lastOf(inputs.x.shape), scalars)),
        activation: ACTIVATION_CODES[kind],
      }),
    }),
};

/** The gradient by the input `x` of an activation, given the gradient `dy` by its result. */
export function activationGradient(
  g: Graph,
  { label, kind, ...inputs }: Inputs & { label: string; kind: ActivationName },
): Value {
  return apply(g, activationGradientOp, { label, inputs, attributes: { kind } }).out;
}
