/** The sum of a vector over a divisor, by which losses are averaged. */

import { reduceSum as kernel } from "../../../kernels/losses/reduce_sum.ts";
import type { Graph } from "../../graph.ts";
import { apply, type Op } from "../../op.ts";
import { type Dim, type Extent, extentOf, valueOf } from "../../shape.ts";
import { expectType } from "../../types.ts";
import type { Value } from "../../value.ts";
import { meanGradient } from "../training/losses/mean_gradient.ts";

/** `sum(x) / divisor`. */
export const meanOp: Op<{ x: Value }, { divisor: Extent }, { out: Value }> = {
  name: "mean",

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

  gradient(g, { label, inputs: { x }, attributes: { divisor } }, { out }) {
    const [dout, count] = [out as Value, x.shape[0] as Dim];
    return { x: meanGradient(g, { label: `${label}.gradient`, dout, count, divisor }) };
  },
};

/** `sum(x) / divisor`, a single number; 0 if the divisor is 0. */
export function mean(g: Graph, { label, x, divisor }: { label: string; x: Value; divisor: Extent }): Value {
  return apply(g, meanOp, { label, inputs: { x }, attributes: { divisor } }).out;
}
