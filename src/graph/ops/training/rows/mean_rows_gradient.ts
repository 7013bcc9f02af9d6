/** The gradient of the means of segments of rows. */

import { meanRowsGradient as kernel } from "../../../../kernels/training/rows/mean_rows_gradient.ts";
import type { Graph } from "../../../graph.ts";
import { apply, type Op } from "../../../op.ts";
import { type Dim, lastOf, valueOf } from "../../../shape.ts";
import { expectType, Mismatch } from "../../../types.ts";
import type { Value } from "../../../value.ts";

type Inputs = { dy: Value; starts: Value };

/** `dy[s]` over the rows of the segment s, for each row. */
export const meanRowsGradientOp: Op<Inputs, { rows: Dim }, { out: Value }> = {
  name: "mean_rows_gradient",
  noGradient: "it stands only in gradients",

  infer({ dy, starts }, { rows }) {
    expectType("dy", dy, { dtype: "f32", shape: ["*", "*"], layout: "pitched" });
    expectType("starts", starts, { dtype: "u32", shape: ["*"] });
    const [[segments], [count]] = [dy.shape, starts.shape];
    if (typeof count === "number" && typeof segments === "number" && count !== segments + 1) {
      throw new Mismatch(`starts must be [${segments + 1}], one more than segments, got [${count}]`);
    }
    return { out: { shape: [rows, lastOf(dy.shape)], dtype: "f32", layout: "pitched" } };
  },

  lower(g, { label, inputs, attributes: { rows } }) {
    const [segments, columns] = inputs.dy.shape as [Dim, Dim];
    return g.call(kernel, {
      label,
      inputs,
      outputs: { out: { shape: [rows, columns] } },
      params: (scalars) => ({
        rows: valueOf(rows, scalars),
        segments: valueOf(segments, scalars),
        columns: valueOf(columns, scalars),
      }),
    });
  },
};

/** The gradient by the `rows` rows of which the means of segments were taken, given that by the means, `dy`. */
export function meanRowsGradient(
  g: Graph,
  { label, rows, ...inputs }: Inputs & { label: string; rows: Dim },
): Value {
  return apply(g, meanRowsGradientOp, { label, inputs, attributes: { rows } }).out;
}
