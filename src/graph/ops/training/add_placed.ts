/** Adds one value to some columns of another in place. */

import { pitch } from "../../../kernels/kernel.ts";
import { addPlaced as kernel } from "../../../kernels/training/add_placed.ts";
import type { Graph } from "../../graph.ts";
import { apply, type Op } from "../../op.ts";
import { columnsOf, rowsOf } from "../../shape.ts";
import { expectFours, expectType, Mismatch } from "../../types.ts";
import type { Value } from "../../value.ts";

type Inputs = { to: Value; x: Value };

/** `to[r, at + c] += x[r, c]`. */
export const addPlacedOp: Op<Inputs, { at: number }, { out: Value }> = {
  name: "add_placed",
  noGradient: "what is updated in place is gone, so nothing is differentiated through an update",

  infer({ to, x }, { at }) {
    expectType("to", to, { dtype: "f32", shape: ["…", "*"], layout: "pitched" });
    expectType("x", x, { dtype: "f32", shape: [...to.shape.slice(0, -1), "*"], layout: "pitched" });
    expectFours("first column", at);
    const end = at + columnsOf(x.shape);
    if (end > columnsOf(to.shape)) {
      throw new Mismatch(`to must have rows of ${end} columns or more, got [${to.shape.join(", ")}]`);
    }
    return { out: to };
  },

  lower: (g, { label, inputs: { to, x }, attributes: { at } }) =>
    g.call(kernel, {
      label,
      inputs: { x },
      updates: { out: to },
      params: (scalars) => ({
        rows: rowsOf(x.shape, scalars),
        columns: columnsOf(x.shape),
        at,
        stride: pitch(columnsOf(to.shape)),
      }),
    }),
};

/**
 * `to[r, at + c] += x[r, c]` in place.
 *
 * @param to `[…, width]`: a parameter, a resident, or a kernel's result; f32.
 * @param x `[…, columns]`, as many rows.
 * @param at First column, a multiple of 4.
 * @returns The next version of `to`. The version before may not be read any more.
 */
export function addPlaced(g: Graph, { label, at, ...inputs }: Inputs & { label: string; at: number }): Value {
  return apply(g, addPlacedOp, { label, inputs, attributes: { at } }).out;
}
