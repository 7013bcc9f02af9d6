/** The gradient of attention by its scores. */

import { attentionScoreGradient as kernel } from "../../../../kernels/training/attention/attention_score_gradient.ts";
import type { Graph } from "../../../graph.ts";
import { apply, type Op } from "../../../op.ts";
import type { Dim } from "../../../shape.ts";
import { expectNumber, expectType } from "../../../types.ts";
import type { Value } from "../../../value.ts";
import { checkHeads, type HeadPlace, rowStride } from "../../attention/call.ts";
import { checkTables, headParams, type Heads, sumCost } from "./tables.ts";

type Inputs = {
  probabilities: Value;
  /** The probabilities after dropout; the same value if there is none. */
  dropped: Value;
  dOut: Value;
  /** The gradient by the sums of `dropped`; zero if left out. */
  dSums: Value | undefined;
  v: Value;
  geometry: Value;
  headScale: Value;
};
type Attributes = Heads & { v: HeadPlace; scale: number };

/** `scale * (dropped * d - p * sum(dropped * d) / head scale)` with `d = d_out · v + d_sums`. */
export const attentionScoreGradientOp: Op<Inputs, Attributes, { out: Value }> = {
  name: "attention_score_gradient",
  noGradient: "it stands only in gradients",

  infer({ probabilities, dropped, dOut, dSums, v, geometry, headScale }, attributes) {
    const { heads, headSize, scale } = attributes;
    checkTables(attributes, { geometry, weights: ["probabilities", probabilities] });
    const rows = probabilities.shape[0] as Dim;
    expectType("dropped", dropped, { dtype: "f32", shape: probabilities.shape, layout: "pitched" });
    expectType("dOut", dOut, { dtype: "f32", shape: [rows, heads * headSize], layout: "pitched" });
    if (dSums !== undefined) expectType("dSums", dSums, { dtype: "f32", shape: [rows, heads], layout: "tight" });
    checkHeads("v", v, { place: attributes.v, heads, size: headSize });
    expectType("headScale", headScale, { dtype: "f32", shape: ["*"] });
    expectNumber("scale", scale);
    return { out: { shape: probabilities.shape, dtype: "f32", layout: "pitched" } };
  },

  lower(g, { label, inputs: { probabilities: p, dropped, dOut, dSums, v, geometry, headScale }, attributes }) {
    const { d_scores } = g.call(kernel, {
      label,
      inputs: { p, dropped, d_out: dOut, v, geometry, head_scale: headScale, ...(dSums && { d_sums: dSums }) },
      outputs: { d_scores: { shape: p.shape } },
      params: (scalars) => ({
        ...headParams(attributes, p, scalars),
        d_stride: rowStride(dOut),
        d_head: attributes.headSize,
        v_offset: attributes.v.offset ?? 0,
        v_stride: rowStride(v),
        v_head: attributes.v.distance,
        scale: attributes.scale,
        summed: Number(dSums !== undefined),
      }),
      cost: (scalars) => sumCost(attributes, p, scalars),
    });
    return { out: d_scores };
  },
};

/** The gradient `[rows, heads, keys]` of attention by its products of queries and keys, before their scale. */
export function attentionScoreGradient(
  g: Graph,
  { label, inputs, attributes }: { label: string; inputs: Inputs; attributes: Attributes },
): Value {
  return apply(g, attentionScoreGradientOp, { label, inputs, attributes }).out;
}
