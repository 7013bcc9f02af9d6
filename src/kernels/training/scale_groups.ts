/** Multiplies groups of columns by a number for each row and group. */

import source from "../../../kernels/scale_groups.wgsl" with { type: "text" };
import { defineKernel, foldedGrid, pitch } from "../kernel.ts";

/** `out[r, g * size + c] = x[r, g * size + c] * scale[r, g]`; `size` is a multiple of 4; the last group may be smaller. */
export const scaleGroups = defineKernel({
  name: "scale_groups",
  summary: "out[r, g * size + c] = x[r, g * size + c] * scale[r, g]",
  source,
  bindings: { x: "read", scale: "read", out: "write" },
  params: { rows: "u32", columns: "u32", size: "u32" },
  constants: {},
  constantSets: [{}],
  workgroupSize: () => [64, 1, 1],
  grid: ({ rows, columns }) => foldedGrid(Math.ceil(rows * pitch(columns) / 256)),
});
