/** AdamW. */

import { adamw as kernel } from "../../../../kernels/training/optimizer/adamw.ts";
import type { Graph } from "../../../graph.ts";
import { apply, type Op } from "../../../op.ts";
import { type Scalar, valueOf } from "../../../shape.ts";
import { expectFraction, expectNumber, expectType } from "../../../types.ts";
import type { Value } from "../../../value.ts";
import { type ColumnRange, expectColumns, placed } from "./columns.ts";
import { STATE_SHAPE } from "./step_control.ts";

type Inputs = { parameter: Value; m: Value; v: Value; gradient: Value; state: Value };
type Outputs = { parameter: Value; m: Value; v: Value };

interface Attributes {
  lr: Scalar | number;
  weightDecay: Scalar | number;
  lrFactor: number;
  decays: boolean;
  columns: ColumnRange | null;
  betas: readonly [number, number];
  eps: number;
}

/** A step of AdamW, in place. */
export const adamwOp: Op<Inputs, Attributes, Outputs> = {
  name: "adamw",
  noGradient: "what is updated in place is gone, so nothing is differentiated through an update",

  infer({ parameter, m, v, gradient, state }, { lr, weightDecay, lrFactor, betas, eps, columns }) {
    expectType("parameter", parameter, { dtype: "f32", shape: ["…", "*"], layout: "pitched" });
    for (const [thing, type] of Object.entries({ m, v, gradient })) {
      expectType(thing, type, { dtype: "f32", shape: parameter.shape, layout: "pitched" });
    }
    expectColumns(parameter.shape, columns);
    expectType("state", state, { dtype: "f32", shape: STATE_SHAPE });
    if (typeof lr === "number") expectNumber("lr", lr);
    if (typeof weightDecay === "number") expectNumber("weightDecay", weightDecay);
    expectNumber("lrFactor", lrFactor);
    for (const beta of betas) expectFraction("betas", beta);
    expectNumber("eps", eps, { positive: true });
    return { parameter, m, v };
  },

  lower(g, { label, inputs: { parameter, m, v, gradient, state }, attributes }) {
    const { lr, weightDecay, lrFactor, decays, betas, eps, columns } = attributes;
    const { constants, sizes } = placed(parameter.shape, columns);
    const bound = g.call(kernel, {
      label,
      constants,
      inputs: { g: gradient, state },
      updates: { p: parameter, m, v },
      params: (scalars) => {
        const rate = lrFactor * valueOf(lr, scalars);
        return {
          ...sizes(scalars),
          lr: rate,
          decay: decays ? rate * valueOf(weightDecay, scalars) : 0,
          rest1: 1 - betas[0],
          rest2: 1 - betas[1],
          eps,
        };
      },
    });
    return { parameter: bound.p, m: bound.m, v: bound.v };
  },
};

/**
 * A step of AdamW in place, as `torch.optim.AdamW` makes it, with the clipping of {@linkcode stepControl}:
 * `p -= lr wd p`, `m = b1 m + (1 - b1) g`, `v = b2 v + (1 - b2) g^2`, `p -= lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) +
 * eps)`. Nothing is written if the state says that the step is not applied.
 *
 * @param call `parameter` is a weight; `m` and `v` are residents of its shape, zeros at first; `gradient` has its shape;
 *   `state` is the one of this step. `lr` and `weightDecay` are f32 scalars or numbers, `lrFactor` is this weight's factor
 *   of lr, and `decays` says whether its weights decay. `betas` must be those that made the state. With `columns` only
 *   these are updated.
 * @returns The next versions of parameter, m and v.
 */
export function adamw(
  g: Graph,
  {
    label,
    lr,
    weightDecay = 0,
    lrFactor = 1,
    decays = true,
    columns = null,
    betas = [0.9, 0.999],
    eps = 1e-8,
    ...inputs
  }:
    & Inputs
    & Pick<Attributes, "lr">
    & Partial<Attributes>
    & { label: string },
): Outputs {
  const attributes = { lr, weightDecay, lrFactor, decays, betas, eps, columns };
  return apply(g, adamwOp, { label, inputs, attributes });
}
