/** Activations that no matmul precedes. */

import activations from "../../../kernels/lib/activations.wgsl" with { type: "text" };
import rare from "../../../kernels/lib/rare_activations.wgsl" with { type: "text" };
import source from "../../../kernels/activation.wgsl" with { type: "text" };
import { defineKernel, foldedGrid } from "../kernel.ts";

/**
 * The codes by which `kernels/lib/activations.wgsl` knows the activations that products apply, by the names of configs, some
 * of which are names of one function.
 */
export const PRODUCT_ACTIVATIONS = {
  none: 0,
  linear: 0,
  gelu: 1,
  gelu_python: 1,
  gelu_new: 2,
  gelu_pytorch_tanh: 2,
  gelu_python_tanh: 2,
  gelu_fast: 2,
  gelu_accurate: 2,
  relu: 3,
  silu: 4,
  swish: 4,
  tanh: 5,
} as const;

/** Names of activations that products apply. */
export type ProductActivation = keyof typeof PRODUCT_ACTIVATIONS;

/** The codes of all activations; those of `kernels/lib/rare_activations.wgsl` are kernels of their own. */
export const ACTIVATION_CODES = {
  ...PRODUCT_ACTIVATIONS,
  quick_gelu: 6,
  relu2: 7,
  relu6: 8,
  leaky_relu: 9,
  mish: 10,
  gelu_10: 11,
  sigmoid: 12,
  laplace: 13,
} as const;

/** Names of activations, as configs spell them. */
export type ActivationName = keyof typeof ACTIVATION_CODES;

/** Whether an activation is part of a product, if one precedes it. */
export function isOfProducts(name: ActivationName): name is ProductActivation {
  return name in PRODUCT_ACTIVATIONS;
}

/** Whether an activation maps 0 to 0, so that padding columns stay 0. */
export function keepsZero(name: ActivationName): boolean {
  return name !== "sigmoid" && name !== "laplace";
}

/** `out = activation(x)`, elementwise over `count` elements, a multiple of 4. */
export const activation = defineKernel({
  name: "activation",
  summary: "out = activation(x)",
  source: source + activations + rare,
  bindings: { x: "read", out: "write" },
  params: { count: "u32", activation: "u32" },
  constants: {},
  constantSets: [{}],
  workgroupSize: () => [64, 1, 1],
  grid: ({ count }) => foldedGrid(Math.ceil(count / 256)),
});
