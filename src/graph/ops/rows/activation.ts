/** Activations that no product precedes, or whose input is kept for the gradient. */

import {
  activation as kernel,
  ACTIVATION_CODES,
  type ActivationName,
  keepsZero,
} from "../../../kernels/rows/activation.ts";
import { pitch } from "../../../kernels/kernel.ts";
import type { Graph } from "../../graph.ts";
import { apply, type Op } from "../../op.ts";
import { lastOf, rowsOf, valueOf } from "../../shape.ts";
import { expectType, Mismatch } from "../../types.ts";
import type { Value } from "../../value.ts";
import { activationGradient } from "../training/rows/activation_gradient.ts";

/** `activation(x)`, elementwise. */
export const activationOp: Op<{ x: Value }, { kind: ActivationName }, { out: Value }> = {
  name: "activation",

  infer({ x }, { kind }) {
    expectType("x", x, { dtype: "f32", shape: ["…", "*"], layout: "pitched" });
    if (!(kind in ACTIVATION_CODES)) {
      const expected = Object.keys(ACTIVATION_CODES).join(", ");
      throw new Mismatch(`kind must be one of ${expected}, got ${kind}`, RangeError);
    }
    const columns = lastOf(x.shape);
    if (!keepsZero(kind) && !(typeof columns === "number" && pitch(columns) === columns)) {
      throw new Mismatch(`columns must be a multiple of 4 for ${kind}, as it does not map 0 to 0, got ${columns}`);
    }
    return { out: { shape: x.shape, dtype: "f32", layout: "pitched" } };
  },

  lower: (g, { label, inputs: { x }, attributes: { kind } }) =>
    g.call(kernel, {
      label,
      inputs: { x },
      outputs: { out: { shape: x.shape } },
      params: (scalars) => ({
        count: rowsOf(x.shape, scalars) * pitch(valueOf(lastOf(x.shape), scalars)),
        activation: ACTIVATION_CODES[kind],
      }),
    }),

  gradient: (g, { label, inputs: { x }, attributes: { kind } }, { out }) => ({
    x: activationGradient(g, { label: `${label}.gradient`, x, dy: out as Value, kind }),
  }),
};

/** `activation(x)`, elementwise. */
export function activation(
  g: Graph,
  { label, x, kind }: { label: string; x: Value; kind: ActivationName },
): Value {
  return apply(g, activationOp, { label, inputs: { x }, attributes: { kind } }).out;
}
