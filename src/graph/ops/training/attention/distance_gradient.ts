/** The gradient of attention by its embeddings of distances. */

import { attentionDistanceGradient as kernel } from "../../../../kernels/training/attention/attention_distance_gradient.ts";
import type { Graph } from "../../../graph.ts";
import { apply, type Op } from "../../../op.ts";
import { type Dim, valueOf } from "../../../shape.ts";
import { expectType } from "../../../types.ts";
import type { Value } from "../../../value.ts";
import { checkDistances, checkHeads, type HeadPlace, rowStride } from "../../attention/call.ts";
import { checkTables, headParams, type Heads, positionParams, type Positions, readParams, sumCost } from "./tables.ts";

type Inputs = { to: Value; dScores: Value; x: Value; geometry: Value };
type Attributes = Heads & { x: HeadPlace; byKeys: boolean; positions: Positions };

/** `to[i, :] += sum of d_scores[r, a, j] * x[r or j, a, :]` over all rows r and keys j at distance i. */
export const attentionDistanceGradientOp: Op<Inputs, Attributes, { out: Value }> = {
  name: "attention_distance_gradient",
  noGradient: "what is updated in place is gone, so nothing is differentiated through an update",

  infer({ to, dScores, x, geometry }, attributes) {
    const { heads, headSize: size, positions, byKeys } = attributes;
    checkTables(attributes, { geometry, weights: ["dScores", dScores] });
    checkHeads("x", x, { place: attributes.x, heads, size });
    if (!byKeys) expectType("x", x, { shape: [dScores.shape[0] as Dim, ...x.shape.slice(1)] });
    checkDistances(to, positions.center, size);
    return { out: to };
  },

  lower(g, { label, inputs: { to, dScores, x, geometry }, attributes }) {
    const { d_distance } = g.call(kernel, {
      label,
      inputs: { d_scores: dScores, x, geometry },
      updates: { d_distance: to },
      params: (scalars) => ({
        ...headParams(attributes, dScores, scalars),
        ...readParams(x, attributes.x),
        ...positionParams(attributes.positions, scalars),
        by_keys: Number(attributes.byKeys),
        distances: valueOf(to.shape[0] as Dim, scalars),
        d_stride: rowStride(to),
      }),
      cost: (scalars) => sumCost(attributes, dScores, scalars),
    });
    return { out: d_distance };
  },
};

/**
 * Adds to the gradient of the embeddings of distances in place.
 *
 * @param call `x` of the inputs: what met the distances, the keys if `byKeys`, else the queries; `to`: the gradient so far.
 * @returns The next version of `to`. The version before may not be read any more.
 */
export function attentionDistanceGradient(
  g: Graph,
  call: { label: string; inputs: Inputs; attributes: Attributes },
): Value {
  return apply(g, attentionDistanceGradientOp, call).out;
}
