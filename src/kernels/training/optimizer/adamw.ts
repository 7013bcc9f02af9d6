/** A step of AdamW. */

import columns from "../../../../kernels/lib/columns.wgsl" with { type: "text" };
import source from "../../../../kernels/adamw.wgsl" with { type: "text" };
import { defineKernel, foldedGrid } from "../../kernel.ts";

/**
 * Updates parameter p and moments m and v by the gradient g, in place, in `columns` columns from `at` on of rows that are
 * `stride` elements apart, all multiples of 4; nothing is written if `state`, of `step_control`, says so. `rest1` and
 * `rest2` are 1 - beta1 and 1 - beta2, `decay` is lr times the weight decay. `GAPS` is 1 if the rows have other columns
 * between them, else 0.
 */
export const adamw = defineKernel({
  name: "adamw",
  summary: "m = m + rest1 (g' - m); v = v + rest2 (g'^2 - v); p = p - decay p - lr (m / c1) / (sqrt(v / c2) + eps)",
  source: source + columns,
  bindings: { g: "read", state: "read", p: "update", m: "update", v: "update" },
  params: {
    rows: "u32",
    columns: "u32",
    at: "u32",
    stride: "u32",
    lr: "f32",
    decay: "f32",
    rest1: "f32",
    rest2: "f32",
    eps: "f32",
  },
  work: {
    touched: ({ rows, columns }) => ({ g: rows * columns, p: rows * columns, m: rows * columns, v: rows * columns }),
  },
  constants: { GAPS: 0 },
  constantSets: [{}, { GAPS: 1 }],
  workgroupSize: () => [64, 1, 1],
  grid: ({ rows, columns }) => foldedGrid(Math.ceil(rows * columns / 256)),
});
