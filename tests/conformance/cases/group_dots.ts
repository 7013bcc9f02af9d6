/** Conformance cases of `group_dots`. */

import { pitch } from "../../../src/kernels/kernel.ts";
import type { groupDots as kernel } from "../../../src/kernels/training/group_dots.ts";
import { groupDots } from "../../reference/group_dots.ts";
import { groupDotBound } from "../bounds.ts";
import type { Cases } from "../conformance.ts";
import { matrix, random } from "../data.ts";

/** Rows, columns, columns of a group, and the first element of y; the last group may be smaller. */
const SHAPES = [
  [0, 24, 8, 0],
  [0, 24, 8, 4],
  [1, 1, 4, 0],
  [1, 1, 4, 4],
  [1, 4, 4, 8],
  [3, 12, 12, 4],
  [3, 6, 8, 0],
  [3, 6, 8, 12],
  [5, 12, 4, 36],
  [5, 13, 4, 4],
  [7, 100, 20, 100],
  [7, 97, 20, 4],
  [2, 252, 36, 0],
  [63, 31, 32, 8],
  [64, 32, 32, 8],
  [65, 33, 32, 8],
  [21, 9, 4, 0],
  [1, 257, 16, 16],
  [513, 768, 64, 0],
  [127, 768, 64, 768],
  [8, 3072, 3072, 4],
] as const;

export function* cases(): Cases<typeof kernel> {
  const next = random(89);
  for (const [rows, columns, size, at] of SHAPES) {
    const x = matrix(rows, columns, next);
    // What is not read is NaN; beside the last column lies another part of the vector.
    const y = new Float32Array(at + pitch(columns) + 4).fill(NaN);
    for (let c = 0; c < pitch(columns); c++) y[at + c] = next();
    const params = { rows, columns, size, at };
    const { out: values, sizes } = groupDots({ ...params, x, y });
    const width = Math.min(size, pitch(columns));
    yield {
      name: `${rows} x ${columns} in groups of ${size} by a vector from ${at} on`,
      params,
      buffers: { x: rows === 0 ? 16 : x, y, out: rows === 0 ? 4 : 4 * values.length },
      expected: {
        out: rows === 0
          ? { values: new Float64Array(0), at: new Uint32Array(0) }
          : { values, bound: sizes.map((size) => groupDotBound(width, size)) },
      },
    };
  }
  // More workgroups than fit one dimension: the last row is looked at.
  const [rows, columns, size] = [1048577, 16, 4];
  const x = new Float32Array(rows * columns).fill(2);
  const y = Float32Array.from({ length: columns }, (_, c) => c);
  yield {
    name: `${rows} x ${columns} in groups of ${size}`,
    params: { rows, columns, size, at: 0 },
    buffers: { x, y, out: 4 * rows * 4 },
    expected: {
      out: {
        values: Float64Array.of(12, 44, 76, 108),
        at: Uint32Array.from([0, 1, 2, 3], (g) => (rows - 1) * 4 + g),
      },
    },
  };
}
