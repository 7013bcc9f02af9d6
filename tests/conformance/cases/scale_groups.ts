/** Conformance cases of `scale_groups`. */

import type { scaleGroups as kernel } from "../../../src/kernels/training/scale_groups.ts";
import { scaleGroups } from "../../reference/scale_groups.ts";
import { rounding } from "../bounds.ts";
import type { Cases } from "../conformance.ts";
import { matrix, random } from "../data.ts";

/** Rows, columns, and columns of a group; the last group may be smaller. */
const SHAPES = [
  [0, 24, 8],
  [1, 1, 4],
  [1, 4, 4],
  [3, 12, 12],
  [3, 6, 8],
  [5, 12, 4],
  [5, 13, 4],
  [7, 100, 20],
  [7, 97, 20],
  [2, 252, 36],
  [1, 256, 16],
  [1, 257, 16],
  [1, 260, 20],
  [31, 768, 64],
  [513, 768, 64],
] as const;

export function* cases(): Cases<typeof kernel> {
  const next = random(71);
  for (const [rows, columns, size] of SHAPES) {
    const groups = Math.ceil(columns / size);
    const x = matrix(rows, columns, next);
    const scale = Float32Array.from({ length: rows * groups }, next);
    if (rows > 2) scale.set([0, 1], 1);
    const params = { rows, columns, size };
    const values = scaleGroups({ ...params, x, scale });
    yield {
      name: `${rows} x ${columns} in groups of ${size}`,
      params,
      buffers: { x: rows === 0 ? 16 : x, scale: rows === 0 ? 4 : scale, out: x.byteLength },
      expected: { out: { values, bound: values.map(rounding) } },
    };
  }
  // More workgroups than fit one dimension: the last row is looked at.
  const [rows, columns, size] = [4099, 4096, 1024];
  const x = new Float32Array(rows * columns).fill(2);
  const scale = new Float32Array(4 * rows);
  scale.set([3, 5, 7, 11], scale.length - 4);
  yield {
    name: `${rows} x ${columns} in groups of ${size}`,
    params: { rows, columns, size },
    buffers: { x, scale, out: x.byteLength },
    expected: {
      out: {
        values: Float64Array.of(6, 10, 14, 22),
        at: Uint32Array.from([0, 1, 2, 3], (g) => (rows - 1) * columns + g * size + (g * 341)),
      },
    },
  };
}
