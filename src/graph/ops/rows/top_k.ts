/** The largest elements of rows. */

import { MAX_TOP_K, topK as kernel } from "../../../kernels/rows/top_k.ts";
import type { Graph } from "../../graph.ts";
import { apply, type Op } from "../../op.ts";
import { type Dim, lastOf, rowsOf, valueOf } from "../../shape.ts";
import { expectType, expectWhole } from "../../types.ts";
import type { Value } from "../../value.ts";

/** The `k` largest elements of each row and their columns. */
export const topKOp: Op<{ x: Value }, { k: Dim }, { indices: Value; values: Value }> = {
  name: "top_k",
  noGradient: "an order has none",

  infer({ x }, { k }) {
    expectType("x", x, { dtype: "f32", shape: ["…", "*"], layout: "pitched" });
    const columns = lastOf(x.shape);
    const most = Math.min(typeof columns === "number" ? columns : MAX_TOP_K, MAX_TOP_K);
    if (typeof k === "number") expectWhole("k", k, [1, most]);
    const shape = [...x.shape.slice(0, -1), k];
    return { indices: { shape, dtype: "u32", layout: "tight" }, values: { shape, dtype: "f32", layout: "tight" } };
  },

  lower(g, { label, inputs: { x }, attributes: { k } }) {
    const columns = lastOf(x.shape);
    const shape = [...x.shape.slice(0, -1), k];
    return g.call(kernel, {
      label,
      inputs: { x },
      outputs: { indices: { shape, dtype: "u32", layout: "tight" }, values: { shape, layout: "tight" } },
      params: (scalars) => ({
        rows: rowsOf(x.shape, scalars),
        columns: valueOf(columns, scalars),
        k: valueOf(k, scalars),
      }),
    });
  },
};

/** The `k` largest elements of each row in descending order, ties by column: `[…, k]` indices and values. */
export function topK(
  g: Graph,
  { label, x, k }: { label: string; x: Value; k: Dim },
): { indices: Value; values: Value } {
  return apply(g, topKOp, { label, inputs: { x }, attributes: { k } });
}
