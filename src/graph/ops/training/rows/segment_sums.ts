/** Sums of rows that an index picks. */

import { variantOf } from "../../../../kernels/kernel.ts";
import { segmentLanes, segmentSums as kernel } from "../../../../kernels/training/rows/segment_sums.ts";
import type { Graph } from "../../../graph.ts";
import { apply, type Op } from "../../../op.ts";
import { type Dim, lastOf, valueOf } from "../../../shape.ts";
import { expectType, expectWhole, Mismatch } from "../../../types.ts";
import type { Value } from "../../../value.ts";

type Inputs = { x: Value; starts: Value; order: Value };

/** The sum of the rows that each of some segments of `order` names. */
export const segmentSumsOp: Op<Inputs, { first: number; segments: Dim }, { out: Value }> = {
  name: "segment_sums",
  noGradient: "it stands only in gradients",

  infer({ x, starts, order }, { first, segments }) {
    expectType("x", x, { dtype: "f32", shape: ["*", "*"], layout: "pitched" });
    expectType("starts", starts, { dtype: "u32", shape: ["*"] });
    const [count] = starts.shape;
    expectWhole("first", first, [0, Infinity]);
    if (typeof count === "number" && typeof segments === "number" && count < first + segments + 1) {
      const needed = first + segments + 1;
      throw new Mismatch(`starts must be [${needed}] or longer, one more than the last segment, got [${count}]`);
    }
    expectType("order", order, { dtype: "u32", shape: ["*"] });
    return { out: { shape: [segments, lastOf(x.shape)], dtype: "f32", layout: "pitched" } };
  },

  lower(g, { label, inputs, attributes: { first, segments } }) {
    const [rows, columns] = inputs.x.shape as [Dim, Dim];
    return g.call(kernel, {
      label,
      inputs,
      outputs: { out: { shape: [segments, columns] } },
      variants: { all: kernel.constantSets().map((constants) => variantOf(kernel, constants)), pick: segmentLanes },
      params: (scalars) => ({
        rows: valueOf(rows, scalars),
        segments: valueOf(segments, scalars),
        first,
        columns: valueOf(columns, scalars),
      }),
    });
  },
};

/**
 * `out[s] = sum over i of x[order[i]]`, i from `starts[first + s]` to `starts[first + s + 1] - 1`: `[segments, columns]`.
 *
 * @param starts `u32`: where each segment begins in `order`, and the end of the last.
 * @param order `u32`: rows of x, segment by segment.
 * @param first The segment that is the first row of the result. Default: 0.
 */
export function segmentSums(
  g: Graph,
  { label, first = 0, segments, ...inputs }: Inputs & { label: string; first?: number; segments: Dim },
): Value {
  return apply(g, segmentSumsOp, { label, inputs, attributes: { first, segments } }).out;
}
