/** Sums of squares of values, of which the norm of all gradients is made. */

import { pitch } from "../../../../kernels/kernel.ts";
import { partialsOf, sumSquares as kernel } from "../../../../kernels/training/optimizer/sum_squares.ts";
import type { Graph } from "../../../graph.ts";
import { apply, type Op } from "../../../op.ts";
import { type Dim, lastOf, rowsOf, valueOf } from "../../../shape.ts";
import { expectType, expectWhole, Mismatch } from "../../../types.ts";
import type { Value } from "../../../value.ts";
import { zeros } from "../zeros.ts";

type Inputs = { x: Value; partials: Value };

/** Partial sums of the squares of x, one after the other from `at` on. */
export const sumSquaresOp: Op<Inputs, { at: number }, { partials: Value }> = {
  name: "sum_squares",
  noGradient: "what is updated in place is gone, so nothing is differentiated through an update",

  infer({ x, partials }, { at }) {
    expectType("x", x, { dtype: "f32", shape: ["…", "*"], layout: "pitched" });
    expectType("partials", partials, { dtype: "f32", shape: [1, "*"], layout: "pitched" });
    for (const [thing, { shape }] of Object.entries({ x, partials })) {
      if (shape.every((dim) => typeof dim === "number")) continue;
      throw new Mismatch(`${thing} must have a fixed shape, got [${shape.join(", ")}]`);
    }
    expectWhole("at", at, [0, lastOf(partials.shape) as number - partialsOf(elementsOf(x.shape))]);
    return { partials };
  },

  lower(g, { label, inputs: { x, partials }, attributes: { at } }) {
    const { out } = g.call(kernel, {
      label,
      inputs: { x },
      updates: { out: partials },
      params: () => ({ count: elementsOf(x.shape), at }),
    });
    return { partials: out };
  },
};

/**
 * Partial sums of the squares of all elements of some values, each of a fixed shape: `[1, n]`, for
 * {@linkcode stepControl}. How they are made depends on the shapes alone, so the same values give the same bits. A sum is
 * infinite if an element of its part is not finite or has a size of 2^62 or more.
 */
export function sumSquares(g: Graph, { label, of }: { label: string; of: readonly Value[] }): Value {
  const counts = of.map(({ shape }) => partialsOf(elementsOf(shape)));
  const shape = [1, counts.reduce((a, b) => a + b, 0)];
  let partials = zeros(g, { label: `${label}.partials`, shape });
  let at = 0;
  for (const [i, x] of of.entries()) {
    partials = apply(g, sumSquaresOp, { label, inputs: { x, partials }, attributes: { at } }).partials;
    at += counts[i] as number;
  }
  return partials;
}

/** Elements as they lie, padding columns among them. */
function elementsOf(shape: readonly Dim[]): number {
  return rowsOf(shape, {}) * pitch(valueOf(lastOf(shape), {}));
}
