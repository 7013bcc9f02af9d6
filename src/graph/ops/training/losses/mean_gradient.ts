/** The gradient of the mean of a vector. */

import { meanGradient as kernel } from "../../../../kernels/training/losses/mean_gradient.ts";
import type { Graph } from "../../../graph.ts";
import { apply, type Op } from "../../../op.ts";
import { type Dim, type Extent, extentOf, valueOf } from "../../../shape.ts";
import { expectType } from "../../../types.ts";
import type { Value } from "../../../value.ts";

/** `dout / divisor`, `count` times. */
export const meanGradientOp: Op<{ dout: Value }, { count: Dim; divisor: Extent }, { out: Value }> = {
  name: "mean_gradient",
  noGradient: "it stands only in gradients",

  infer({ dout }, { count }) {
    expectType("dout", dout, { dtype: "f32", shape: [] });
    return { out: { shape: [count], dtype: "f32", layout: "pitched" } };
  },

  lower(g, { label, inputs, attributes: { count, divisor } }) {
    g.declare(divisor);
    return g.call(kernel, {
      label,
      inputs,
      outputs: { out: { shape: [count] } },
      params: (scalars) => ({ count: valueOf(count, scalars), divisor: extentOf(divisor, scalars) }),
    });
  },
};

/** The gradient `[count]` by a vector, given that by its sum over a divisor, the single number `dout`. */
export function meanGradient(
  g: Graph,
  { label, dout, count, divisor }: { label: string; dout: Value; count: Dim; divisor: Extent },
): Value {
  return apply(g, meanGradientOp, { label, inputs: { dout }, attributes: { count, divisor } }).out;
}
