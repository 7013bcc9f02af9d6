/** The sum of a vector over a divisor, by which losses are averaged. */

import { reduceSum as kernel } from "../../../kernels/losses/reduce_sum.ts";
import type { Graph } from "../../graph.ts";
import { apply, type Op } from "../../op.ts";
import { type Dim, type Extent, extentOf, valueOf } from "../../shape.ts";
import { expectType } from "../../types.ts";
import type { Value } from "../../value.ts";

/** `sum(x) / divisor`. */
export const meanOp: Op<{ x: Value }, { divisor: Extent }, { out: Value }> = {
  name: "mean",
  noGradient: "the gradients of losses come with training (issue 10)",

  infer({ x }) {
    expectType("x", x, { dtype: "f32", shape: ["*"] });
    return { out: { shape: [], dtype: "f32", layout: "tight" } };
  },

  lower(g, { label, inputs: { x }, attributes: { divisor } }) {
    g.declare(divisor);
    return g.call(kernel, {
      label,
      inputs: { x },
      outputs: { out: { shape: [], layout: "tight" } },
      params: (scalars) => ({ count: valueOf(x.shape[0] as Dim, scalars), divisor: extentOf(divisor, scalars) }),
    });
  },
};

/** `sum(x) / divisor`, a single number; 0 if the divisor is 0. */
export function mean(g: Graph, { label, x, divisor }: { label: string; x: Value; divisor: Extent }): Value {
  return apply(g, meanOp, { label, inputs: { x }, attributes: { divisor } }).out;
}
