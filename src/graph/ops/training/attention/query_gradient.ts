/** The gradient of attention by its queries. */

import { attentionQueryGradient as kernel } from "../../../../kernels/training/attention/attention_query_gradient.ts";
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

type Inputs = { to: Value; dScores: Value; x: Value; geometry: Value };
type Attributes = Heads & { x: HeadPlace; to: HeadPlace; positions: Positions | null };

/** `to[r, a, :] += sum_j d_scores[r, a, j] * x[j, a, :]`, or of the distances' embeddings. */
export const attentionQueryGradientOp: Op<Inputs, Attributes, { out: Value }> = {
  name: "attention_query_gradient",
  noGradient: "what is updated in place is gone, so nothing is differentiated through an update",

  infer({ to, dScores, x, geometry }, attributes) {
    const { heads, headSize: size, positions } = attributes;
    checkTables(attributes, { geometry, weights: ["dScores", dScores] });
    if (positions === null) checkHeads("x", x, { place: attributes.x, heads, size });
    else checkDistances(x, positions.center, size);
    checkHeads("to", to, { place: attributes.to, heads, size });
    checkApart("to", attributes.to, attributes);
    expectType("to", to, { shape: [dScores.shape[0] as Dim, ...to.shape.slice(1)] });
    return { out: to };
  },

  lower(g, { label, inputs: { to, dScores, x, geometry }, attributes }) {
    const { d_q } = g.call(kernel, {
      label,
      inputs: { d_scores: dScores, x, geometry },
      updates: { d_q: to },
      constants: { RELATIVE: attributes.positions === null ? 0 : 1 },
      params: (scalars) => ({
        ...headParams(attributes, dScores, scalars),
        ...readParams(x, attributes.x),
        ...addParams(to, attributes.to),
        ...positionParams(attributes.positions, scalars),
      }),
      cost: (scalars) => sumCost(attributes, dScores, scalars),
    });
    return { out: d_q };
  },
};

/**
 * Adds to the gradient of the queries in place.
 *
 * @param call `x` of the inputs: the keys, or the embeddings of distances if `positions` says where rows and keys stand;
 *   `to`: the gradient so far.
 * @returns The next version of `to`. The version before may not be read any more.
 */
export function attentionQueryGradient(
  g: Graph,
  call: { label: string; inputs: Inputs; attributes: Attributes },
): Value {
  return apply(g, attentionQueryGradientOp, call).out;
}
