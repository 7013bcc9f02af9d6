/** The gradient of LayerNorm. */

import { layerNormGradient as kernel } from "../../../../kernels/training/rows/layer_norm_gradient.ts";
import type { Graph } from "../../../graph.ts";
import { apply, type Op } from "../../../op.ts";
import { lastOf, rowsOf, valueOf } from "../../../shape.ts";
import { expectNumber, expectType, expectVector } from "../../../types.ts";
import type { Value } from "../../../value.ts";

type Inputs = { x: Value; residual?: Value; weight: Value; dy: Value };
type Outputs = { out: Value; products: Value };

/** The gradient of LayerNorm by its input, and the products whose column sums are that by its weight. */
export const layerNormGradientOp: Op<Inputs, { eps: number }, Outputs> = {
  name: "layer_norm_gradient",
  noGradient: "it stands only in gradients",

  infer({ x, residual, weight, dy }, { eps }) {
    expectType("x", x, { dtype: "f32", shape: ["…", "*"], layout: "pitched" });
    if (residual !== undefined) expectType("residual", residual, { dtype: "f32", shape: x.shape, layout: "pitched" });
    expectVector("weight", weight, lastOf(x.shape));
    expectType("dy", dy, { dtype: "f32", shape: x.shape, layout: "pitched" });
    expectNumber("eps", eps, { positive: true });
    const out = { shape: x.shape, dtype: "f32", layout: "pitched" } as const;
    return { out, products: out };
  },

  lower(g, { label, inputs, attributes: { eps } }) {
    const { x: { shape }, residual } = inputs;
    return g.call(kernel, {
      label,
      inputs,
      outputs: { out: { shape }, products: { shape } },
      params: (scalars) => ({
        rows: rowsOf(shape, scalars),
        columns: valueOf(lastOf(shape), scalars),
        eps,
        residual: residual === undefined ? 0 : 1,
      }),
    });
  },
};

/**
 * The gradient of `LayerNorm(x + residual) * weight + bias`, given that by its result, `dy`.
 *
 * @returns `out` is the gradient by x and by the residual; the column sums of `products` are that by the weight.
 */
export function layerNormGradient(
  g: Graph,
  { label, eps, ...inputs }: Inputs & { label: string; eps: number },
): Outputs {
  return apply(g, layerNormGradientOp, { label, inputs, attributes: { eps } });
}
