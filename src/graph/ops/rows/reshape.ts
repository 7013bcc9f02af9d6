/** The elements of a value in another shape. */

import { reshape as kernel } from "../../../kernels/rows/reshape.ts";
import type { Graph } from "../../graph.ts";
import { apply, type Op } from "../../op.ts";
import { type Dim, dimsOf, factorsOf, lastOf, rowsOf, valueOf } from "../../shape.ts";
import { expectType, Mismatch } from "../../types.ts";
import type { Value } from "../../value.ts";

/** The same elements in row-major order as another shape. */
export const reshapeOp: Op<{ x: Value }, { shape: readonly Dim[] }, { out: Value }> = {
  name: "reshape",

  infer({ x }, { shape }) {
    expectType("x", x, { dtype: ["f32", "u32"], shape: ["…", "*"], layout: "pitched" });
    const [from, to] = [factorsOf(x.shape), factorsOf(shape)];
    if (shape.length === 0 || (from.symbols === to.symbols && from.factor !== to.factor)) {
      throw new Mismatch(`shape must have as many elements as [${x.shape.join(", ")}], got [${shape.join(", ")}]`);
    }
    return { out: { shape, dtype: x.dtype, layout: "pitched" } };
  },

  lower(g, { label, inputs: { x }, attributes: { shape } }) {
    const [fromLast, last] = [lastOf(x.shape), lastOf(shape)];
    return g.call(kernel, {
      label,
      inputs: { x },
      outputs: { out: { shape, dtype: x.dtype as "f32" | "u32" } },
      params(scalars) {
        const [rows, columns] = [rowsOf(shape, scalars), valueOf(last, scalars)];
        const [fromRows, fromColumns] = [rowsOf(x.shape, scalars), valueOf(fromLast, scalars)];
        if (rows * columns !== fromRows * fromColumns) {
          const [from, to] = [dimsOf(x.shape, scalars), dimsOf(shape, scalars)];
          throw new RangeError(
            `Cannot reshape "${x.path}": [${to.join(", ")}] must have as many elements as [${from.join(", ")}]`,
          );
        }
        return { rows, columns, from_columns: fromColumns };
      },
    });
  },

  gradient: (g, { label, inputs: { x } }, { out }) => ({
    x: reshape(g, { label: `${label}.gradient`, x: out as Value, shape: x.shape }),
  }),
};

/** The same elements in row-major order as another shape; a copy if it is the same shape. */
export function reshape(g: Graph, { label, x, shape }: { label: string; x: Value; shape: readonly Dim[] }): Value {
  return apply(g, reshapeOp, { label, inputs: { x }, attributes: { shape } }).out;
}
