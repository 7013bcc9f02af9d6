/** What all updates of a training step share. */

import { LEAST_LOG, stepControl as kernel } from "../../../../kernels/training/optimizer/step_control.ts";
import type { Graph } from "../../../graph.ts";
import { apply, type Op } from "../../../op.ts";
import { type Dim, factorsOf, lastOf, rowsOf, type Scalar, valueOf } from "../../../shape.ts";
import { expectFraction, expectNumber, expectType, expectWhole, Mismatch } from "../../../types.ts";
import type { Value } from "../../../value.ts";

type Inputs = { partials: Value; loss: Value; state: Value };
type Outputs = { state: Value };

interface Attributes {
  maxGradNorm: Scalar | number;
  applies: Scalar | number;
  betas: readonly [number, number];
}

/** The shape of the state that {@linkcode stepControl} updates and optimizers read. */
export const STATE_SHAPE: readonly Dim[] = [2, 4];

/** The record of a step, and the factors of its updates. */
export const stepControlOp: Op<Inputs, Attributes, Outputs> = {
  name: "step_control",
  noGradient: "what is updated in place is gone, so nothing is differentiated through an update",

  infer({ partials, loss, state }, { maxGradNorm, applies, betas }) {
    expectType("partials", partials, { dtype: "f32", shape: ["…", "*"], layout: "pitched" });
    expectType("loss", loss, { dtype: "f32" });
    const { factor, symbols } = factorsOf(loss.shape);
    if (factor !== 1 || symbols !== "") throw new Mismatch(`loss must be one number, got [${loss.shape.join(", ")}]`);
    expectType("state", state, { dtype: "f32", shape: STATE_SHAPE });
    if (typeof maxGradNorm === "number") {
      expectNumber("maxGradNorm", maxGradNorm);
      if (maxGradNorm < 0) throw new Mismatch(`maxGradNorm must be 0 or more, got ${maxGradNorm}`, RangeError);
    }
    if (typeof applies === "number") expectWhole("applies", applies, [0, 2 ** 32 - 1]);
    else if (applies.dtype !== "u32") throw new Mismatch(`applies must be a u32 scalar, got ${applies.dtype}`);
    for (const beta of betas) expectFraction("betas", beta);
    return { state };
  },

  lower: (g, { label, inputs: { partials, loss, state }, attributes: { maxGradNorm, applies, betas } }) => {
    const path = g.path(label);
    return g.call(kernel, {
      label,
      inputs: { partials, loss },
      updates: { state },
      params: (scalars) => ({
        count: rowsOf(partials.shape, scalars) * valueOf(lastOf(partials.shape), scalars),
        apply: valueOf(applies, scalars),
        max_norm: checked(path, "maxGradNorm", valueOf(maxGradNorm, scalars)),
        log_beta1: Math.max(LEAST_LOG, Math.log(betas[0])),
        log_beta2: Math.max(LEAST_LOG, Math.log(betas[1])),
      }),
    });
  },
};

/**
 * Decides on the GPU whether a step's update is applied, and by what factors; the CPU need not wait for it. The update is
 * applied if the loss and the norm of the gradients are finite, and `applies` is not 0: optimizers that read the new state
 * then write, or else leave every byte as it is.
 *
 * `state` is a resident of {@linkcode STATE_SHAPE}, zeros at first, and part of a checkpoint. Row 0 is the record of the
 * step: `[loss, norm, clip, ok]`. The loss is the true one, whatever it is; a norm that is not finite, or 2^63 or more,
 * is infinite; `clip = min(1, maxGradNorm / (norm + 1e-6))` is the factor of the gradients; ok is 1 if the update is
 * applied, else 0, with a clip of 0. Row 1 is `[t, 1 - beta1^t, 1 - beta2^t, 0]`, where t counts the updates that were
 * applied. It must be counted here: when the CPU starts a step it does not know yet whether the one before was applied.
 *
 * @param call `partials` are those of {@linkcode sumSquares}; `loss` is a single number; `maxGradNorm` is an f32 scalar or
 *   a number, 0 for no clipping; `applies` is a u32 scalar or a number, 0 if more gradients come before the update; `betas`
 *   are those of AdamW.
 * @returns The next version of the state.
 */
export function stepControl(
  g: Graph,
  { label, maxGradNorm = 0, applies = 1, betas = [0, 0], ...inputs }: Inputs & Partial<Attributes> & { label: string },
): Value {
  return apply(g, stepControlOp, { label, inputs, attributes: { maxGradNorm, applies, betas } }).state;
}

function checked(path: string, thing: string, value: number): number {
  if (value >= 0) return value;
  throw new RangeError(`Cannot run ${path}: ${thing} must be 0 or more, got ${value}`);
}
