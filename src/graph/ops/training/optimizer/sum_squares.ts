/** Sums of squares of values, of which the norm of all gradients is made. */

import { pitch } from "../../../../kernels/kernel.ts";
import { partialsOf, sumSquares as kernel } from "../../../../kernels/training/optimizer/sum_squares.ts";
import type { Graph } from "../../../graph.ts";
import { apply, type Op } from "../../../op.ts";
import { type Dim, lastOf, rowsOf, valueOf } from "../../../shape.ts";
import { expectType, expectWhole, Mismatch } from "../../../types.ts";
import type { Value } from "../../../value.ts";
import { zeros } from "../zeros.ts";
import { type ColumnRange, expectColumns, placed } from "./columns.ts";

type Inputs = { x: Value; partials: Value };
type Attributes = { to: number; columns: ColumnRange | null };

/** Partial sums of the squares of x, or of some of its columns, one after the other from `to` on. */
export const sumSquaresOp: Op<Inputs, Attributes, { partials: Value }> = {
  name: "sum_squares",
  noGradient: "what is updated in place is gone, so nothing is differentiated through an update",

  infer({ x, partials }, { to, columns }) {
    expectType("x", x, { dtype: "f32", shape: ["…", "*"], layout: "pitched" });
    expectType("partials", partials, { dtype: "f32", shape: [1, "*"], layout: "pitched" });
    for (const [thing, { shape }] of Object.entries({ x, partials })) {
      if (shape.every((dim) => typeof dim === "number")) continue;
      throw new Mismatch(`${thing} must have a fixed shape, got [${shape.join(", ")}]`);
    }
    expectColumns(x.shape, columns);
    expectWhole("to", to, [0, lastOf(partials.shape) as number - partialsOf(elementsOf(x.shape, columns))]);
    return { partials };
  },

  lower(g, { label, inputs: { x, partials }, attributes: { to, columns } }) {
    const { constants, sizes } = placed(x.shape, columns);
    const { out } = g.call(kernel, {
      label,
      constants,
      inputs: { x },
      updates: { out: partials },
      params: (scalars) => ({ ...sizes(scalars), to }),
    });
    return { partials: out };
  },
};

/** A value of a fixed shape, or some columns of it. */
export interface Summand {
  value: Value;
  columns?: ColumnRange | null;
}

/**
 * Partial sums of the squares of all elements of some values, or of some of their columns: `[1, n]`, for
 * {@linkcode stepControl}. How they are made depends on the shapes alone, so the same values give the same bits. A sum is
 * infinite if an element of its part is not finite or has a size of 2^62 or more.
 */
export function sumSquares(g: Graph, { label, of }: { label: string; of: readonly Summand[] }): Value {
  const counts = of.map(({ value, columns = null }) => partialsOf(elementsOf(value.shape, columns)));
  const shape = [1, counts.reduce((a, b) => a + b, 0)];
  let partials = zeros(g, { label: `${label}.partials`, shape });
  let to = 0;
  for (const [i, { value: x, columns = null }] of of.entries()) {
    partials = apply(g, sumSquaresOp, { label, inputs: { x, partials }, attributes: { to, columns } }).partials;
    to += counts[i] as number;
  }
  return partials;
}

/** Elements as they lie, padding columns among them. */
function elementsOf(shape: readonly Dim[], columns: ColumnRange | null): number {
  return rowsOf(shape, {}) * pitch(columns?.columns ?? valueOf(lastOf(shape), {}));
}
