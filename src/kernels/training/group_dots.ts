/** Dot products of groups of columns with parts of a vector. */

import source from "../../../kernels/group_dots.wgsl" with { type: "text" };
import { defineKernel, foldedGrid } from "../kernel.ts";

/** `out[r, g] = sum over c of x[r, g * size + c] * y[at + g * size + c]`; `size` and `at` are multiples of 4. */
export const groupDots = defineKernel({
  name: "group_dots",
  summary: "out[r, g] = sum over c of x[r, g * size + c] * y[at + g * size + c]",
  source,
  bindings: { x: "read", y: "read", out: "write" },
  params: { rows: "u32", columns: "u32", size: "u32", at: "u32" },
  constants: {},
  constantSets: [{}],
  workgroupSize: () => [64, 1, 1],
  grid: ({ rows, columns, size }) => foldedGrid(Math.ceil(rows * Math.ceil(columns / size) / 64)),
});
