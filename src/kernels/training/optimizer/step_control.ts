/** What all updates of a training step share: whether they happen, and by what factors. */

import finiteSums from "../../../../kernels/lib/finite_sums.wgsl" with { type: "text" };
import source from "../../../../kernels/step_control.wgsl" with { type: "text" };
import { defineKernel } from "../../kernel.ts";

/** The least `log_beta1` and `log_beta2`: from the first step on, 1 - beta^t is 1. */
export const LEAST_LOG = -32;

/**
 * `state[0] = [loss, norm, clip, ok]` and `state[1] = [t, 1 - beta1^t, 1 - beta2^t, 0]`, where the norm is
 * the square root of the sum of `count` partials. `log_beta1` is the natural logarithm of beta1.
 */
export const stepControl = defineKernel({
  name: "step_control",
  summary: "state = [loss, norm = sqrt(sum(partials)), clip, ok], [t, 1 - beta1^t, 1 - beta2^t, 0]",
  source: source + finiteSums,
  bindings: { partials: "read", loss: "read", state: "update" },
  params: { count: "u32", apply: "u32", max_norm: "f32", log_beta1: "f32", log_beta2: "f32" },
  constants: { LANES: 128 },
  constantSets: [{}],
  workgroupSize: ({ LANES }) => [LANES, 1, 1],
  workgroupBytes: ({ LANES }) => 8 * LANES,
  grid: () => [1, 1, 1],
});
