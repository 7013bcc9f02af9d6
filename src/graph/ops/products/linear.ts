/** The linear layer. */

import type { ActivationName } from "../../../kernels/rows/activation.ts";
import type { Graph } from "../../graph.ts";
import { apply, type Op } from "../../op.ts";
import { type Dim, lastOf } from "../../shape.ts";
import { expectType, expectVector } from "../../types.ts";
import type { Type, Value } from "../../value.ts";
import { matmul } from "./matmul.ts";

type Inputs = { x: Value; weight: Value; bias?: Value; residual?: Value };
type Attributes = { activation: ActivationName; transposed: boolean };

/** `activation(x W + bias) + residual` over the last dimension. */
export const linearOp: Op<Inputs, Attributes, { out: Value }> = {
  name: "linear",

  infer({ x, weight, bias, residual }, { transposed }) {
    expectType("x", x, { dtype: "f32", shape: ["…", "*"], layout: "pitched" });
    const k = lastOf(x.shape);
    expectType("weight", weight, {
      dtype: ["f32", "f16"],
      shape: transposed ? ["*", k] : [k, "*"],
      layout: "pitched",
    });
    const shape = [...x.shape.slice(0, -1), outputsOf(weight, transposed)];
    if (bias !== undefined) expectVector("bias", bias, outputsOf(weight, transposed));
    if (residual !== undefined) expectType("residual", residual, { dtype: "f32", shape, layout: "pitched" });
    return { out: { shape, dtype: "f32", layout: "pitched" } };
  },

  lower(g, { label, inputs: { x, weight, bias, residual }, attributes: { activation, transposed } }) {
    const n = outputsOf(weight, transposed);
    const rows = x.shape.slice(0, -1);
    const out = matmul(g, {
      label,
      a: { value: x },
      b: { value: weight, transposed },
      m: rows,
      n,
      k: lastOf(x.shape),
      out: { shape: [...rows, n] },
      activation,
      ...(bias && { bias: { value: bias } }),
      ...(residual && { residual }),
    });
    return { out };
  },
};

/** Columns of the result. */
function outputsOf({ shape }: Type, transposed: boolean): Dim {
  return shape[transposed ? 0 : 1] as Dim;
}

/**
 * `activation(x W + bias) + residual` over the last dimension.
 *
 * @param x `[…, in]`.
 * @param weight `[in, out]`, or `[out, in]` with `transposed`.
 * @param bias `[out]` or `[1, out]`.
 * @param residual `[…, out]`.
 */
export function linear(
  g: Graph,
  { label, activation = "none", transposed = false, ...inputs }: Inputs & Partial<Attributes> & { label: string },
): Value {
  return apply(g, linearOp, { label, inputs, attributes: { activation, transposed } }).out;
}
