/** Dot products of groups of columns with parts of a vector. */

import { pitch } from "../../../kernels/kernel.ts";
import { groupDots as kernel } from "../../../kernels/training/group_dots.ts";
import type { Graph } from "../../graph.ts";
import { apply, type Op } from "../../op.ts";
import { columnsOf, type Dim, rowsOf } from "../../shape.ts";
import { expectFours, expectType, expectVector, expectWhole, Mismatch } from "../../types.ts";
import type { Value } from "../../value.ts";

type Inputs = { x: Value; y: Value };

/** `out[r, g] = sum over c of x[r, g * size + c] * y[at + g * size + c]`. */
export const groupDotsOp: Op<Inputs, { size: number; at: number }, { out: Value }> = {
  name: "group_dots",
  noGradient: "it stands only in gradients",

  infer({ x, y }, { size, at }) {
    expectType("x", x, { dtype: "f32", shape: ["*", "*"], layout: "pitched" });
    const [columns, held] = [columnsOf(x.shape), columnsOf(y.shape)];
    expectVector("y", y, held);
    expectWhole("size", size, [1, Math.max(1, pitch(columns))]);
    expectFours("size", size);
    expectFours("first element", at);
    if (at + columns > pitch(held)) {
      throw new Mismatch(`y must have ${at + columns} elements or more, got [${y.shape.join(", ")}]`);
    }
    return { out: { shape: [x.shape[0] as Dim, Math.ceil(columns / size)], dtype: "f32", layout: "tight" } };
  },

  lower(g, { label, inputs, attributes: { size, at } }) {
    const columns = columnsOf(inputs.x.shape);
    const groups = Math.ceil(columns / size);
    return g.call(kernel, {
      label,
      inputs,
      outputs: { out: { shape: [inputs.x.shape[0] as Dim, groups], layout: "tight" } },
      params: (scalars) => ({ rows: rowsOf(inputs.x.shape, scalars), columns, size, at }),
    });
  },
};

/**
 * `sum over c of x[r, g * size + c] * y[at + g * size + c]`, tight `[R, ceil(columns / size)]`, for x `[R, columns]`; the
 * last group may be smaller.
 *
 * @param call `y`: `[any]` or `[1, any]`, columns of it from `at` on; `size` and `at` are multiples of 4.
 */
export function groupDots(
  g: Graph,
  { label, size, at, ...inputs }: Inputs & { label: string; size: number; at: number },
): Value {
  return apply(g, groupDotsOp, { label, inputs, attributes: { size, at } }).out;
}
