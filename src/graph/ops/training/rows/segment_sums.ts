/** Sums of rows that an index picks. */

import { variantOf } from "../../../../kernels/kernel.ts";
import { segmentLanes, segmentSums as kernel } from "../../../../kernels/training/rows/segment_sums.ts";
import type { Graph } from "../../../graph.ts";
import { apply, type Op } from "../../../op.ts";
import { type Dim, lastOf, valueOf } from "../../../shape.ts";
import { expectType, Mismatch } from "../../../types.ts";
import type { Value } from "../../../value.ts";

type Inputs = { x: Value; starts: Value; order: Value };

/** The sum of the rows that each segment of `order` names. */
export const segmentSumsOp: Op<Inputs, { segments: Dim }, { out: Value }> = {
  name: "segment_sums",
  noGradient: "it stands only in gradients",

  infer({ x, starts, order }, { segments }) {
    expectType("x", x, { dtype: "f32", shape: ["*", "*"], layout: "pitched" });
    expectType("starts", starts, { dtype: "u32", shape: ["*"] });
    const [count] = starts.shape;
    if (typeof count === "number" && typeof segments === "number" && count !== segments + 1) {
      throw new Mismatch(`starts must be [${segments + 1}], one more than segments, got [${count}]`);
    }
    expectType("order", order, { dtype: "u32", shape: ["*"] });
    return { out: { shape: [segments, lastOf(x.shape)], dtype: "f32", layout: "pitched" } };
  },

  lower(g, { label, inputs, attributes: { segments } }) {
    const [rows, columns] = inputs.x.shape as [Dim, Dim];
    return g.call(kernel, {
      label,
      inputs,
      outputs: { out: { shape: [segments, columns] } },
      variants: { all: kernel.constantSets().map((constants) => variantOf(kernel, constants)), pick: segmentLanes },
      params: (scalars) => ({
        rows: valueOf(rows, scalars),
        segments: valueOf(segments, scalars),
        columns: valueOf(columns, scalars),
      }),
    });
  },
};

/**
 * `out[s] = sum over i of x[order[i]]`, i from `starts[s]` to `starts[s + 1] - 1`: `[segments, columns]`.
 *
 * @param starts `u32 [segments + 1]`: where each segment begins in `order`, and the end of the last.
 * @param order `u32`: rows of x, segment by segment.
 */
export function segmentSums(
  g: Graph,
  { label, segments, ...inputs }: Inputs & { label: string; segments: Dim },
): Value {
  return apply(g, segmentSumsOp, { label, inputs, attributes: { segments } }).out;
}
