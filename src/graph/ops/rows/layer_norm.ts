/** LayerNorm. */

import { layerNorm as kernel } from "../../../kernels/rows/layer_norm.ts";
import type { Graph } from "../../graph.ts";
import { apply, type Op } from "../../op.ts";
import { lastOf, rowsOf, valueOf } from "../../shape.ts";
import { expectNumber, expectType, expectVector } from "../../types.ts";
import type { Value } from "../../value.ts";
import { columnSums } from "../training/column_sums.ts";
import { layerNormGradient } from "../training/rows/layer_norm_gradient.ts";

type Inputs = { x: Value; residual?: Value; weight: Value; bias: Value };

/** `LayerNorm(x + residual) * weight + bias`. */
export const layerNormOp: Op<Inputs, { eps: number }, { out: Value }> = {
  name: "layer_norm",

  infer({ x, residual, weight, bias }, { eps }) {
    expectType("x", x, { dtype: "f32", shape: ["…", "*"], layout: "pitched" });
    if (residual !== undefined) expectType("residual", residual, { dtype: "f32", shape: x.shape, layout: "pitched" });
    const columns = lastOf(x.shape);
    expectVector("weight", weight, columns);
    expectVector("bias", bias, columns);
    expectNumber("eps", eps, { positive: true });
    return { out: { shape: x.shape, dtype: "f32", layout: "pitched" } };
  },

  lower(g, { label, inputs, attributes: { eps } }) {
    const { x, residual } = inputs;
    const columns = lastOf(x.shape);
    return g.call(kernel, {
      label,
      inputs,
      outputs: { out: { shape: x.shape } },
      params: (scalars) => ({
        rows: rowsOf(x.shape, scalars),
        columns: valueOf(columns, scalars),
        eps,
        residual: residual === undefined ? 0 : 1,
      }),
    });
  },

  gradient(g, { label, inputs: { x, residual, weight, bias }, attributes: { eps }, wanted }, { out }) {
    const dy = out as Value;
    const sums = (name: "weight" | "bias", x: Value, { shape }: Value) =>
      columnSums(g, { label: `${label}.gradient.${name}`, x, shape });
    const found = wanted("x") || wanted("residual") || wanted("weight")
      ? layerNormGradient(g, { label: `${label}.gradient`, x, ...(residual && { residual }), weight, dy, eps })
      : null;
    return {
      ...(found && { x: found.out }),
      ...(found && residual && { residual: found.out }),
      ...(found && wanted("weight") && { weight: sums("weight", found.products, weight) }),
      ...(wanted("bias") && { bias: sums("bias", dy, bias) }),
    };
  },
};

/** `LayerNorm(x + residual) * weight + bias` over the last dimension. */
export function layerNorm(g: Graph, { label, eps, ...inputs }: Inputs & { label: string; eps: number }): Value {
  return apply(g, layerNormOp, { label, inputs, attributes: { eps } }).out;
}
