/** Zeros. */

import { pitch } from "../../../kernels/kernel.ts";
import { zeros as kernel } from "../../../kernels/training/zeros.ts";
import type { Graph } from "../../graph.ts";
import { apply, type Op } from "../../op.ts";
import { type Dim, lastOf, rowsOf, valueOf } from "../../shape.ts";
import { Mismatch } from "../../types.ts";
import type { Value } from "../../value.ts";

/** A value of zeros. */
export const zerosOp: Op<Record<string, never>, { shape: readonly Dim[] }, { out: Value }> = {
  name: "zeros",
  noGradient: "it depends on nothing",

  infer(_types, { shape }) {
    if (shape.length === 0) throw new Mismatch("shape must have a dimension or more, got []");
    return { out: { shape, dtype: "f32", layout: "pitched" } };
  },

  lower: (g, { label, attributes: { shape } }) =>
    g.call(kernel, {
      label,
      inputs: {},
      outputs: { out: { shape } },
      params: (scalars) => ({ count: rowsOf(shape, scalars) * pitch(valueOf(lastOf(shape), scalars)) }),
    }),
};

/** Zeros of some shape, to be updated in place. */
export function zeros(g: Graph, { label, shape }: { label: string; shape: readonly Dim[] }): Value {
  return apply(g, zerosOp, { label, inputs: {}, attributes: { shape } }).out;
}
