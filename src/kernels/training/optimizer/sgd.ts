/** A step of gradient descent with momentum. */

import columns from "../../../../kernels/lib/columns.wgsl" with { type: "text" };
import source from "../../../../kernels/sgd.wgsl" with { type: "text" };
import { defineKernel, foldedGrid } from "../../kernel.ts";

/**
 * Updates parameter p and its momentum b by the gradient g, in place, in `columns` columns from `at` on of rows that are
 * `stride` elements apart, all multiples of 4; nothing is written if `state`, of `step_control`, says so. `decay` is the
 * weight decay, which is added to the gradient. `GAPS` is 1 if the rows have other columns between them, else 0.
 */
export const sgd = defineKernel({
  name: "sgd",
  summary: "b = momentum b + clip g + decay p; p = p - lr b",
  source: source + columns,
  bindings: { g: "read", state: "read", p: "update", b: "update" },
  params: { rows: "u32", columns: "u32", at: "u32", stride: "u32", lr: "f32", decay: "f32", momentum: "f32" },
  work: { touched: ({ rows, columns }) => ({ g: rows * columns, p: rows * columns, b: rows * columns }) },
  constants: { GAPS: 0 },
  constantSets: [{}, { GAPS: 1 }],
  workgroupSize: () => [64, 1, 1],
  grid: ({ rows, columns }) => foldedGrid(Math.ceil(rows * columns / 256)),
});
