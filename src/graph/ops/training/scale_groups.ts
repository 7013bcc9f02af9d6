/** Groups of columns by a number for each row and group. */

import { pitch } from "../../../kernels/kernel.ts";
import { scaleGroups as kernel } from "../../../kernels/training/scale_groups.ts";
import type { Graph } from "../../graph.ts";
import { apply, type Op } from "../../op.ts";
import { columnsOf, type Dim, rowsOf } from "../../shape.ts";
import { expectFours, expectType, expectWhole } from "../../types.ts";
import type { Value } from "../../value.ts";

type Inputs = { x: Value; scale: Value };

/** `out[r, g * size + c] = x[r, g * size + c] * scale[r, g]`. */
export const scaleGroupsOp: Op<Inputs, { size: number }, { out: Value }> = {
  name: "scale_groups",
  noGradient: "it stands only in gradients",

  infer({ x, scale }, { size }) {
    expectType("x", x, { dtype: "f32", shape: ["*", "*"], layout: "pitched" });
    const columns = columnsOf(x.shape);
    expectWhole("size", size, [1, Math.max(1, pitch(columns))]);
    expectFours("size", size);
    const shape = [x.shape[0] as Dim, Math.ceil(columns / size)];
    expectType("scale", scale, { dtype: "f32", shape, layout: "tight" });
    return { out: { shape: x.shape, dtype: "f32", layout: "pitched" } };
  },

  lower: (g, { label, inputs, attributes: { size } }) =>
    g.call(kernel, {
      label,
      inputs,
      outputs: { out: { shape: inputs.x.shape } },
      params: (scalars) => ({ rows: rowsOf(inputs.x.shape, scalars), columns: columnsOf(inputs.x.shape), size }),
    }),
};

/**
 * `x[r, g * size + c] * scale[r, g]`, of the shape of x `[R, columns]`; the last group may be smaller.
 *
 * @param call `scale`: `[R, ceil(columns / size)]`.
 */
export function scaleGroups(g: Graph, { label, size, ...inputs }: Inputs & { label: string; size: number }): Value {
  return apply(g, scaleGroupsOp, { label, inputs, attributes: { size } }).out;
}
