/** Cross-entropy of rows. */

import { crossEntropy as kernel } from "../../../kernels/losses/cross_entropy.ts";
import type { Graph } from "../../graph.ts";
import { apply, type Op } from "../../op.ts";
import { type Dim, lastOf, type Scalar, valueOf } from "../../shape.ts";
import { expectFraction, expectType } from "../../types.ts";
import type { Value } from "../../value.ts";
import { crossEntropyGradient } from "../training/losses/cross_entropy_gradient.ts";

type Inputs = { x: Value; labels: Value; weights?: Value };
type Attributes = { smoothing: Scalar | number };

/** `weights[r] * (logsumexp(x[r]) - (1 - smoothing) x[r, labels[r]] - smoothing mean(x[r]))` of each row. */
export const crossEntropyOp: Op<Inputs, Attributes, { losses: Value }> = {
  name: "cross_entropy",

  infer({ x, labels, weights }, { smoothing }) {
    expectType("x", x, { dtype: "f32", shape: ["*", "*"], layout: "pitched" });
    const rows = x.shape[0] as Dim;
    expectType("labels", labels, { dtype: "u32", shape: [rows] });
    if (weights !== undefined) expectType("weights", weights, { dtype: "f32", shape: [rows] });
    if (typeof smoothing === "number") expectFraction("smoothing", smoothing);
    return { losses: { shape: [rows], dtype: "f32", layout: "tight" } };
  },

  lower(g, { label, inputs, attributes: { smoothing } }) {
    const { shape } = inputs.x;
    const rows = shape[0] as Dim;
    return g.call(kernel, {
      label,
      inputs,
      outputs: { losses: { shape: [rows], layout: "tight" } },
      params: (scalars) => ({
        rows: valueOf(rows, scalars),
        columns: valueOf(lastOf(shape), scalars),
        smoothing: valueOf(smoothing, scalars),
        weighted: inputs.weights === undefined ? 0 : 1,
      }),
    });
  },

  gradient(g, { label, inputs, attributes: { smoothing }, wanted }, { losses }) {
    if (wanted("weights")) {
      throw new Error(
        `Cannot differentiate ${label} (cross_entropy): weights must be given, since a label's weight has no gradient`,
      );
    }
    const dlosses = losses as Value;
    return { x: crossEntropyGradient(g, { label: `${label}.gradient`, ...inputs, dlosses, smoothing }) };
  },
};

/**
 * `logsumexp(x[r]) - x[r, labels[r]]` of each row, `[rows]`; 0 if the label is `NO_LABEL`.
 *
 * @param call `labels` are u32 `[rows]`; `weights` `[rows]` are factors of the losses, and a row of weight 0 counts
 *   nothing, even if its logits are not finite. `smoothing`, from 0 to less than 1 or a scalar of f32, is the share of the
 *   label that is spread over all columns.
 */
export function crossEntropy(
  g: Graph,
  { label, smoothing = 0, ...inputs }: Inputs & Partial<Attributes> & { label: string },
): Value {
  return apply(g, crossEntropyOp, { label, inputs, attributes: { smoothing } }).losses;
}
