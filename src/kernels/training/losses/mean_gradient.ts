/** The gradient of the mean of a vector, from which those of losses start. */

import source from "../../../../kernels/mean_gradient.wgsl" with { type: "text" };
import { defineKernel, foldedGrid } from "../../kernel.ts";

/** `out[0 .. count - 1] = dout[0] / divisor`, 0 if the divisor is 0, padded with zeros to a multiple of 4. */
export const meanGradient = defineKernel({
  name: "mean_gradient",
  summary: "out[i] = dout[0] / divisor",
  source,
  bindings: { dout: "read", out: "write" },
  params: { count: "u32", divisor: "u32" },
  constants: {},
  constantSets: [{}],
  workgroupSize: () => [64, 1, 1],
  grid: ({ count }) => foldedGrid(Math.ceil(count / 256)),
});
