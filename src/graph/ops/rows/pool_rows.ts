/** Segments of rows, each pooled in its own way. */

import { poolRows as kernel } from "../../../kernels/rows/pool_rows.ts";
import type { Graph } from "../../graph.ts";
import { apply, type Op } from "../../op.ts";
import { type Dim, lastOf, valueOf } from "../../shape.ts";
import { expectType, Mismatch } from "../../types.ts";
import type { Value } from "../../value.ts";

type Inputs = { x: Value; table: Value };

/** Each segment of consecutive rows as one row. */
export const poolRowsOp: Op<Inputs, { segments: Dim }, { out: Value }> = {
  name: "pool_rows",
  noGradient: "it stands only in readouts, which are not trained",

  infer({ x, table }, { segments }) {
    expectType("x", x, { dtype: "f32", shape: ["*", "*"], layout: "pitched" });
    expectType("table", table, { dtype: "u32", shape: ["*"] });
    const [count] = table.shape;
    if (typeof count === "number" && typeof segments === "number" && count !== 4 * segments) {
      throw new Mismatch(`table must be [${4 * segments}], four to a segment, got [${count}]`);
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
};

/**
 * Each segment of consecutive rows as one row, `[segments, columns]`; zeros for an empty one.
 *
 * @param table `u32 [4 · segments]`: of each segment its first row, its end, its code in `POOL_CODES`, and the position of
 *   its first row, for weights.
 */
export function poolRows(g: Graph, { label, segments, ...inputs }: Inputs & { label: string; segments: Dim }): Value {
  return apply(g, poolRowsOp, { label, inputs, attributes: { segments } }).out;
}
