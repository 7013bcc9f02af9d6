/** The probabilities of attention once more. */

import type { Graph } from "../../../graph.ts";
import { apply, type Op } from "../../../op.ts";
import type { Dim } from "../../../shape.ts";
import type { Value } from "../../../value.ts";
import { type AttentionAttributes, type AttentionInputs, checkAttention } from "../../attention/call.ts";
import { lowerProbabilities } from "../../attention/kernels.ts";

/** Softmax of the scores of an attention times the heads' scales. */
export const attentionProbabilitiesOp: Op<AttentionInputs, AttentionAttributes, { probabilities: Value }> = {
  name: "attention_probabilities",
  noGradient: "it stands only in gradients",

  infer(types, attributes) {
    checkAttention(types, attributes);
    const shape = [types.q.shape[0] as Dim, attributes.heads, attributes.keys];
    return { probabilities: { shape, dtype: "f32", layout: "pitched" } };
  },

  lower: (g, site) => ({ probabilities: lowerProbabilities(g, site).probabilities }),
};

/** The probabilities `[rows, heads, keys]` of an attention that stored none. */
export function attentionProbabilities(
  g: Graph,
  site: { label: string; inputs: AttentionInputs; attributes: AttentionAttributes },
): Value {
  return apply(g, attentionProbabilitiesOp, site).probabilities;
}
