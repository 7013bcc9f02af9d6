/** The sum of each column. */

import { columnSums as kernel } from "../../../kernels/training/column_sums.ts";
import type { Graph } from "../../graph.ts";
import { apply, type Op } from "../../op.ts";
import { type Dim, lastOf, rowsOf, valueOf } from "../../shape.ts";
import { expectType, Mismatch } from "../../types.ts";
import type { Value } from "../../value.ts";

/** The sum of each column, as the gradient of a bias of some shape. */
export const columnSumsOp: Op<{ x: Value }, { shape: readonly Dim[] }, { out: Value }> = {
  name: "column_sums",
  noGradient: "it stands only in gradients",

  infer({ x }, { shape }) {
    expectType("x", x, { dtype: "f32", shape: ["…", "*"], layout: "pitched" });
    const columns = lastOf(x.shape);
    if (String(shape) !== String([columns]) && String(shape) !== String([1, columns])) {
      throw new Mismatch(`shape must be [${columns}] or [1, ${columns}], got [${shape.join(", ")}]`);
    }
    return { out: { shape, dtype: "f32", layout: "pitched" } };
  },

  lower: (g, { label, inputs: { x }, attributes: { shape } }) =>
    g.call(kernel, {
      label,
      inputs: { x },
      outputs: { out: { shape } },
      params: (scalars) => ({ rows: rowsOf(x.shape, scalars), columns: valueOf(lastOf(x.shape), scalars) }),
    }),
};

/** The sum of each column of `x`, `[columns]` or `[1, columns]` as `shape` says. */
export function columnSums(
  g: Graph,
  { label, x, shape }: { label: string; x: Value; shape: readonly Dim[] },
): Value {
  return apply(g, columnSumsOp, { label, inputs: { x }, attributes: { shape } }).out;
}
