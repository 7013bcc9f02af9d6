/** Adds a tensor to some columns of another in place: gradients of parts of a matrix. */

import source from "../../../kernels/add_placed.wgsl" with { type: "text" };
import { defineKernel, foldedGrid, pitch } from "../kernel.ts";

/** `out[r, at + c] += x[r, c]`; `at` and `stride`, the distance of the rows of `out`, are multiples of 4. */
export const addPlaced = defineKernel({
  name: "add_placed",
  summary: "out[r, at + c] = out[r, at + c] + x[r, c], in place",
  source,
  bindings: { x: "read", out: "update" },
  params: { rows: "u32", columns: "u32", at: "u32", stride: "u32" },
  work: { touched: ({ rows, columns }) => ({ out: rows * columns }) },
  constants: {},
  constantSets: [{}],
  workgroupSize: () => [64, 1, 1],
  grid: ({ rows, columns }) => foldedGrid(Math.ceil(rows * pitch(columns) / 256)),
});
