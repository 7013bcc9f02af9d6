/** A step of AdamW. */

import source from "../../../../kernels/adamw.wgsl" with { type: "text" };
import { defineKernel, foldedGrid } from "../../kernel.ts";

/**
 * Updates parameter p and moments m and v by the gradient g, in place, over `count` elements, a multiple of 4; nothing is
 * written if `state`, of `step_control`, says so. `rest1` and `rest2` are 1 - beta1 and 1 - beta2, `decay` is lr times
 * the weight decay.
 */
export const adamw = defineKernel({
  name: "adamw",
  summary: "m = m + rest1 (g' - m); v = v + rest2 (g'^2 - v); p = p - decay p - lr (m / c1) / (sqrt(v / c2) + eps)",
  source,
  bindings: { g: "read", state: "read", p: "update", m: "update", v: "update" },
  params: { count: "u32", lr: "f32", decay: "f32", rest1: "f32", rest2: "f32", eps: "f32" },
  constants: {},
  constantSets: [{}],
  workgroupSize: () => [64, 1, 1],
  grid: ({ count }) => foldedGrid(Math.ceil(count / 256)),
});
