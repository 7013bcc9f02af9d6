/** Gradient descent with momentum. */

import { sgd as kernel } from "../../../../kernels/training/optimizer/sgd.ts";
import type { Graph } from "../../../graph.ts";
import { apply, type Op } from "../../../op.ts";
import { type Scalar, valueOf } from "../../../shape.ts";
import { expectNumber, expectType } from "../../../types.ts";
import type { Value } from "../../../value.ts";
import { type ColumnRange, expectColumns, placed } from "./columns.ts";
import { STATE_SHAPE } from "./step_control.ts";

type Inputs = { parameter: Value; momentum: Value; gradient: Value; state: Value };
type Outputs = { parameter: Value; momentum: Value };

interface Attributes {
  lr: Scalar | number;
  weightDecay: Scalar | number;
  factor: Scalar | number;
  lrFactor: number;
  decays: boolean;
  columns: ColumnRange | null;
}

/** A step of gradient descent with momentum, in place. */
export const sgdOp: Op<Inputs, Attributes, Outputs> = {
  name: "sgd",
  noGradient: "what is updated in place is gone, so nothing is differentiated through an update",

  infer({ parameter, momentum, gradient, state }, { lr, weightDecay, factor, lrFactor, columns }) {
    expectType("parameter", parameter, { dtype: "f32", shape: ["…", "*"], layout: "pitched" });
    for (const [thing, type] of Object.entries({ momentum, gradient })) {
      expectType(thing, type, { dtype: "f32", shape: parameter.shape, layout: "pitched" });
    }
    expectColumns(parameter.shape, columns);
    expectType("state", state, { dtype: "f32", shape: STATE_SHAPE });
    for (const [thing, number] of Object.entries({ lr, weightDecay, factor, lrFactor })) {
      if (typeof number === "number") expectNumber(thing, number);
    }
    return { parameter, momentum };
  },

  lower(g, { label, inputs: { parameter, momentum, gradient, state }, attributes }) {
    const { lr, weightDecay, factor, lrFactor, decays, columns } = attributes;
    const { constants, sizes } = placed(parameter.shape, columns);
    const bound = g.call(kernel, {
      label,
      constants,
      inputs: { g: gradient, state },
      updates: { p: parameter, b: momentum },
      params: (scalars) => ({
        ...sizes(scalars),
        lr: lrFactor * valueOf(lr, scalars),
        decay: decays ? valueOf(weightDecay, scalars) : 0,
        momentum: valueOf(factor, scalars),
      }),
    });
    return { parameter: bound.p, momentum: bound.b };
  },
};

/**
 * A step of gradient descent with momentum in place, as `torch.optim.SGD` makes it without dampening, with the clipping
 * of {@linkcode stepControl}: `b = factor b + g + wd p`, `p -= lr b`. Nothing is written if the state says that the step
 * is not applied.
 *
 * @param call `parameter` is a weight; `momentum` is a resident of its shape, zeros at first; `gradient` has its shape;
 *   `state` is the one of this step. `lr`, `weightDecay` and `factor`, by which the momentum shrinks, are f32 scalars or
 *   numbers; `lrFactor` is this weight's factor of lr, and `decays` says whether its weights decay. With `columns` only these
 *   are updated.
 * @returns The next versions of parameter and momentum.
 */
export function sgd(
  g: Graph,
  { label, lr, weightDecay = 0, factor = 0, lrFactor = 1, decays = true, columns = null, ...inputs }:
    & Inputs
    & Pick<Attributes, "lr">
    & Partial<Attributes>
    & { label: string },
): Outputs {
  return apply(g, sgdOp, { label, inputs, attributes: { lr, weightDecay, factor, lrFactor, decays, columns } });
}
