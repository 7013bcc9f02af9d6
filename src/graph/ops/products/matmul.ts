/** Matrix products over views: the general form, of which the linear layer is one. */

import { PRODUCT_ACTIVATIONS } from "../../../kernels/rows/activation.ts";
import { pitch } from "../../../kernels/kernel.ts";
import { matmul as kernel } from "../../../kernels/products/matmul.ts";
import { matmulVariants } from "../../../kernels/tuning/matmul_variants.ts";
import { productCost } from "../../cost.ts";
import type { Graph } from "../../graph.ts";
import { apply, type Op, type Site } from "../../op.ts";
import { extentOf, lastOf, type Scalars, valueOf } from "../../shape.ts";
import type { Type, Value } from "../../value.ts";
import { matmulGradient } from "./matmul_gradient.ts";
import { checkProduct, type MatmulCall, type Placed, type ProductAttributes, type ProductInputs } from "./product.ts";

export type { MatmulCall, View } from "./product.ts";

/** `out[b] = activation(a[b] b[b] + bias[b] * scale) + residual[b]` over views. */
export const matmulOp: Op<ProductInputs, ProductAttributes, { out: Value }> = {
  name: "matmul",

  infer(types, attributes) {
    const { shape, dtype = "f32", layout = "pitched" } = attributes.out;
    const out: Type = { shape, dtype, layout };
    checkProduct(types, attributes, out);
    return { out };
  },

  lower(g, site) {
    const { label, inputs: { a, b, bias, scale, residual, into }, attributes } = site;
    const { m, n, k, batch, out } = attributes;
    for (const extent of [m, n, k, batch]) g.declare(extent);
    return g.call(kernel, {
      label,
      inputs: {
        a,
        b,
        ...(bias && { bias }),
        ...(scale && { bias_scale: scale }),
        ...(residual && { residual }),
      },
      ...(into ? { into: { out: into } } : { outputs: { out } }),
      params: paramsOf(site),
      variants: matmulVariants(g.tuning, {
        transposeA: attributes.a.transposed,
        transposeB: attributes.b.transposed,
        weights: b.dtype,
      }),
      cost: (scalars) =>
        productCost({
          m: extentOf(m, scalars),
          n: extentOf(n, scalars),
          k: extentOf(k, scalars),
          batch: extentOf(batch, scalars),
        }),
    });
  },

  gradient: (g, site, { out }) => matmulGradient(g, site, out as Value, matmul),
};

/** The uniform struct of a product. The fields that all calls share are computed once. */
function paramsOf({ inputs, attributes }: Site<ProductInputs, ProductAttributes>) {
  const { a, b, bias, scale, residual } = inputs;
  const { m, n, k, batch, out } = attributes;
  const strideOf = (type: { shape: Value["shape"] }, { stride }: Placed, scalars: Scalars) =>
    stride ?? pitch(valueOf(lastOf(type.shape), scalars));
  const fixed = {
    a_offset: attributes.a.offset ?? 0,
    a_batch: attributes.a.batch ?? 0,
    b_offset: attributes.b.offset ?? 0,
    b_batch: attributes.b.batch ?? 0,
    out_offset: out.offset ?? 0,
    out_batch: out.batch ?? 0,
    bias_offset: attributes.bias.offset,
    bias_batch: attributes.bias.batch,
    bias: bias === undefined ? 0 : scale === undefined ? 1 : 2,
    activation: PRODUCT_ACTIVATIONS[attributes.activation],
    residual: residual === undefined ? 0 : 1,
  };
  return (scalars: Scalars) => ({
    ...fixed,
    m: extentOf(m, scalars),
    n: extentOf(n, scalars),
    k: extentOf(k, scalars),
    batch: extentOf(batch, scalars),
    a_stride: strideOf(a, attributes.a, scalars),
    b_stride: strideOf(b, attributes.b, scalars),
    out_stride: strideOf(out, out, scalars),
  });
}

/** Matrix product over views, with bias, activation and residual. */
export function matmul(g: Graph, call: MatmulCall): Value {
  const { label, bias, residual, into, m, n, k, batch = 1, out, activation = "none" } = call;
  const { value: a, ...placedA } = call.a;
  const { value: b, ...placedB } = call.b;
  return apply(g, matmulOp, {
    label,
    inputs: {
      a,
      b,
      ...(bias && { bias: bias.value }),
      ...(bias?.scale && { scale: bias.scale }),
      ...(residual && { residual }),
      ...(into && { into }),
    },
    attributes: {
      a: placedA,
      b: placedB,
      m,
      n,
      k,
      batch,
      out,
      bias: { offset: bias?.offset ?? 0, batch: bias?.batch ?? 0 },
      activation,
    },
  }).out;
}
