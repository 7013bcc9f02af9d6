/** The mean of segments of rows. */

import { meanRows as kernel } from "../../../kernels/rows/mean_rows.ts";
import type { Graph } from "../../graph.ts";
import { apply, type Op } from "../../op.ts";
import { type Dim, lastOf, valueOf } from "../../shape.ts";
import { expectType, Mismatch } from "../../types.ts";
import type { Value } from "../../value.ts";
import { meanRowsGradient } from "../training/rows/mean_rows_gradient.ts";

type Inputs = { x: Value; starts: Value };

/** The mean of each segment of consecutive rows. */
export const meanRowsOp: Op<Inputs, { segments: Dim }, { out: Value }> = {
  name: "mean_rows",

  infer({ x, starts }, { segments }) {
    expectType("x", x, { dtype: "f32", shape: ["*", "*"], layout: "pitched" });
    expectType("starts", starts, { dtype: "u32", shape: ["*"] });
    const [count] = starts.shape;
    if (typeof count === "number" && typeof segments === "number" && count !== segments + 1) {
      throw new Mismatch(`starts must be [${segments + 1}], one more than segments, got [${count}]`);
    }
    return { out: { shape: [segments, lastOf(x.shape)], dtype: "f32", layout: "pitched" } };
  },

  lower(g, { label, inputs, attributes: { segments } }) {
    const columns = lastOf(inputs.x.shape);
    return g.call(kernel, {
      label,
      inputs,
      outputs: { out: { shape: [segments, columns] } },
      params: (scalars) => ({ segments: valueOf(segments, scalars), columns: valueOf(columns, scalars) }),
    });
  },

  gradient: (g, { label, inputs: { x, starts } }, { out }) => ({
    x: meanRowsGradient(g, { label: `${label}.gradient`, dy: out as Value, starts, rows: x.shape[0] as Dim }),
  }),
};

/**
 * The mean of each segment of consecutive rows, `[segments, columns]`; zeros for an empty one.
 *
 * @param starts `u32 [segments + 1]`: the first row of each segment, and the end of the last.
 */
export function meanRows(g: Graph, { label, segments, ...inputs }: Inputs & { label: string; segments: Dim }): Value {
  return apply(g, meanRowsOp, { label, inputs, attributes: { segments } }).out;
}
