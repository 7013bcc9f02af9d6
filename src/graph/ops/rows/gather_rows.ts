/** Rows picked by index. */

import { gatherRows as kernel } from "../../../kernels/rows/gather_rows.ts";
import type { Graph } from "../../graph.ts";
import { apply, type Op } from "../../op.ts";
import { type Dim, lastOf, valueOf } from "../../shape.ts";
import { expectType } from "../../types.ts";
import type { Value } from "../../value.ts";

type Inputs = { x: Value; index: Value; inverse?: Value };

/** `out[i] = x[index[i]]`. */
export const gatherRowsOp: Op<Inputs, null, { out: Value }> = {
  name: "gather_rows",

  infer({ x, index, inverse }) {
    expectType("x", x, { dtype: ["f32", "u32"], shape: ["*", "*"], layout: "pitched" });
    expectType("index", index, { dtype: "u32", shape: ["*"] });
    if (inverse !== undefined) expectType("inverse", inverse, { dtype: "u32", shape: [x.shape[0] as Dim] });
    return { out: { shape: [index.shape[0] as Dim, lastOf(x.shape)], dtype: x.dtype, layout: "pitched" } };
  },

  lower(g, { label, inputs: { x, index } }) {
    const columns = lastOf(x.shape);
    const rows = index.shape[0] as Dim;
    return g.call(kernel, {
      label,
      inputs: { x, index },
      outputs: { out: { shape: [rows, columns], dtype: x.dtype as "f32" | "u32" } },
      params: (scalars) => ({ rows: valueOf(rows, scalars), columns: valueOf(columns, scalars) }),
    });
  },

  // Each row of x goes to one row at most, so its gradient is that row's gradient: another gather.
  gradient(g, { label, inputs: { index, inverse } }, { out }) {
    if (inverse === undefined) {
      throw new Error(
        `Cannot differentiate ${label} (gather_rows): it must be given "inverse", the row of the result that each row of ` +
          "x became",
      );
    }
    return { x: gatherRows(g, { label: `${label}.gradient`, x: out as Value, index: inverse, inverse: index }) };
  },
};

/**
 * `out[i] = x[index[i]]`, by rows; zeros if the index is `NO_ROW`.
 *
 * @param index `u32 [R]`, no row of x twice if there is an `inverse`.
 * @param inverse For the gradient: `u32 [T]`, the row of the result that each row of x became, or `NO_ROW`. The gradient
 *   takes one row of the result for each row of x. If the index names a row twice, which nothing checks, the gradient
 *   lacks what the other contributes.
 */
export function gatherRows(g: Graph, { label, ...inputs }: Inputs & { label: string }): Value {
  return apply(g, gatherRowsOp, { label, inputs, attributes: null }).out;
}
