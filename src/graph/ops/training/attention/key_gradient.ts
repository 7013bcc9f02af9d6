/** The gradient of attention by its keys or values. */

import { attentionKeyGradient as kernel } from "../../../../kernels/training/attention/attention_key_gradient.ts";
import type { Graph } from "../../../graph.ts";
import { apply, type Op } from "../../../op.ts";
import type { Dim } from "../../../shape.ts";
import { expectType } from "../../../types.ts";
import type { Value } from "../../../value.ts";
import { checkDistances, checkHeads, type HeadPlace } from "../../attention/call.ts";
import {
  addParams,
  checkApart,
  checkTables,
  headParams,
  type Heads,
  positionParams,
  type Positions,
  readParams,
  sumCost,
} from "./tables.ts";

type Inputs = { to: Value; weights: Value; x: Value; geometry: Value };
type Attributes = Heads & { x: HeadPlace; to: HeadPlace; positions: Positions | null };

/** `to[j, a, :] += sum_r weights[r, a, j] * x[r, a, :]`, or of the distances' embeddings. */
export const attentionKeyGradientOp: Op<Inputs, Attributes, { out: Value }> = {
  name: "attention_key_gradient",
  noGradient: "what is updated in place is gone, so nothing is differentiated through an update",

  infer({ to, weights, x, geometry }, attributes) {
    const { heads, headSize: size, positions } = attributes;
    checkTables(attributes, { geometry, weights: ["weights", weights] });
    if (positions === null) {
      checkHeads("x", x, { place: attributes.x, heads, size });
      expectType("x", x, { shape: [weights.shape[0] as Dim, ...x.shape.slice(1)] });
    } else checkDistances(x, positions.center, size);
    checkHeads("to", to, { place: attributes.to, heads, size });
    if (attributes.to.distance !== 0) checkApart("to", attributes.to, attributes);
    return { out: to };
  },

  lower(g, { label, inputs: { to, weights, x, geometry }, attributes }) {
    const { d_k } = g.call(kernel, {
      label,
      inputs: { weights, x, geometry },
      updates: { d_k: to },
      constants: { RELATIVE: attributes.positions === null ? 0 : 1 },
      params: (scalars) => ({
        ...headParams(attributes, weights, scalars),
        ...readParams(x, attributes.x),
        ...addParams(to, attributes.to),
        ...positionParams(attributes.positions, scalars),
      }),
      cost: (scalars) => sumCost(attributes, weights, scalars),
    });
    return { out: d_k };
  },
};

/**
 * Adds to the gradient of the keys or values in place; over all heads if they share them.
 *
 * @param call `tiles` of the attributes: tiles of keys; `weights` of the inputs: the gradient of the scores, or the
 *   probabilities; `x`: the queries, the gradient of the outputs, or the embeddings of distances if `positions` says where
 *   rows and keys stand; `to`: the gradient so far.
 * @returns The next version of `to`. The version before may not be read any more.
 */
export function attentionKeyGradient(
  g: Graph,
  call: { label: string; inputs: Inputs; attributes: Attributes },
): Value {
  return apply(g, attentionKeyGradientOp, call).out;
}
