/** The linear layer. */

import { type ActivationName, isOfProducts, type ProductActivation } from "../../../kernels/rows/activation.ts";
import type { Graph } from "../../graph.ts";
import { apply, type Op } from "../../op.ts";
import { type Dim, lastOf } from "../../shape.ts";
import { expectType, expectVector } from "../../types.ts";
import type { Type, Value } from "../../value.ts";
import { activation as activate } from "../rows/activation.ts";
import { columnSums } from "../training/column_sums.ts";
import { activationGradient } from "../training/rows/activation_gradient.ts";
import { matmul, type MatmulCall } from "./matmul.ts";

type Inputs = { x: Value; weight: Value; bias?: Value; residual?: Value };
type Attributes = { activation: ProductActivation; transposed: boolean };

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

  gradient(g, { label, inputs: { x, weight, bias, residual }, attributes, wanted }, { out }) {
    const { activation: kind, transposed } = attributes;
    let dy = out as Value;
    if (kind !== "none" && (wanted("x") || wanted("weight") || wanted("bias"))) {
      // What was activated is not kept, so it is computed again.
      const again = linear(g, { label: `${label}.gradient.before`, x, weight, ...(bias && { bias }), transposed });
      dy = activationGradient(g, { label: `${label}.gradient.activation`, x: again, dy, kind });
    }
    const [rows, k, n] = [x.shape.slice(0, -1), lastOf(x.shape), outputsOf(weight, transposed)];
    const product = (name: string, call: Omit<MatmulCall, "label">) =>
      matmul(g, { label: `${label}.gradient.${name}`, ...call });
    const [given, made] = [{ value: dy }, { value: x }];
    return {
      ...(wanted("x") && {
        x: product("x", {
          a: given,
          b: { value: weight, transposed: !transposed },
          m: rows,
          n: k,
          k: n,
          out: { shape: x.shape },
        }),
      }),
      ...(wanted("weight") && {
        weight: transposed
          ? product("weight", {
            a: { ...given, transposed: true },
            b: made,
            m: n,
            n: k,
            k: rows,
            out: { shape: [n, k] },
          })
          : product("weight", { a: { ...made, transposed: true }, b: given, m: k, n, k: rows, out: { shape: [k, n] } }),
      }),
      ...(bias && wanted("bias") && {
        bias: columnSums(g, { label: `${label}.gradient.bias`, x: dy, shape: bias.shape }),
      }),
      ...(residual && { residual: out as Value }),
    };
  },
};

/** Columns of the result. */
function outputsOf({ shape }: Type, transposed: boolean): Dim {
  return shape[transposed ? 0 : 1] as Dim;
}

/**
 * `activation(x W + bias) + residual` over the last dimension. An activation is an op of its own if products do not apply
 * it, or without a residual in a graph that is differentiated, since the gradient reads what it is taken of.
 *
 * @param x `[…, in]`.
 * @param weight `[in, out]`, or `[out, in]` with `transposed`.
 * @param bias `[out]` or `[1, out]`.
 * @param residual `[…, out]`.
 */
export function linear(
  g: Graph,
  { label, activation = "none", transposed = false, ...inputs }: Inputs & {
    label: string;
    activation?: ActivationName;
    transposed?: boolean;
  },
): Value {
  const layer = (activation: ProductActivation) =>
    apply(g, linearOp, { label, inputs, attributes: { activation, transposed } }).out;
  const joins = isOfProducts(activation);
  if (joins && (!g.differentiable || activation === "none" || inputs.residual !== undefined)) return layer(activation);
  if (inputs.residual !== undefined) {
    throw new RangeError(`Cannot trace ${label}: ${activation} is no part of a product, so it takes no residual`);
  }
  return activate(g, { label: `${label}.activation`, x: layer("none"), kind: activation });
}
