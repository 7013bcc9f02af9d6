/** Activations that no matmul precedes. */

import activations from "../../../kernels/lib/activations.wgsl" with { type: "text" };
import source from "../../../kernels/activation.wgsl" with { type: "text" };
import { defineKernel, foldedGrid } from "../kernel.ts";

/** Names of activations, as configs spell them; some are two names of one function. */
export type ActivationName = "none" | "gelu" | "gelu_new" | "gelu_pytorch_tanh" | "relu" | "silu" | "swish" | "tanh";

/** The codes by which `kernels/lib/activations.wgsl` knows the activations. */
export const ACTIVATION_CODES: Readonly<Record<ActivationName, number>> = {
  none: 0,
  gelu: 1,
  gelu_new: 2,
  gelu_pytorch_tanh: 2,
  relu: 3,
  silu: 4,
  swish: 4,
  tanh: 5,
};

/** `out = activation(x)`, elementwise over `count` elements, a multiple of 4. */
export const activation = defineKernel({
  name: "activation",
  summary: "out = activation(x)",
  source: source + activations,
  bindings: { x: "read", out: "write" },
  params: { count: "u32", activation: "u32" },
  constants: {},
  constantSets: [{}],
  workgroupSize: () => [64, 1, 1],
  grid: ({ count }) => foldedGrid(Math.ceil(count / 256)),
});
