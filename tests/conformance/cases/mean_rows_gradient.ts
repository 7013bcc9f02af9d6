/** Conformance cases of `mean_rows_gradient`. */

import type { meanRowsGradient as kernel } from "../../../src/kernels/training/rows/mean_rows_gradient.ts";
import { meanRowsGradient } from "../../reference/mean_rows_gradient.ts";
import type { Cases } from "../conformance.ts";
import { matrix, random } from "../data.ts";
import { quotientBound } from "../gradient_bounds.ts";

/** Starts of segments, none of them at times, and rows: empty segments at the ends and between, rows outside of all. */
const SEGMENTS: readonly (readonly [starts: readonly number[], rows: number])[] = [
  [[0], 0],
  [[0], 3],
  [[0, 0], 0],
  [[0, 1], 1],
  [[0, 0, 3, 3, 4, 4], 4],
  [[2, 2, 5, 9], 11],
  [[0, 31, 63, 96], 96],
  [[0, 512, 519], 519],
];

export function* cases(): Cases<typeof kernel> {
  const next = random(43);
  for (const [list, rows] of SEGMENTS) {
    const starts = Uint32Array.from(list);
    const segments = starts.length - 1;
    for (const columns of [1, 3, 8, 17, 384]) {
      const dy = matrix(segments, columns, next);
      const values = meanRowsGradient({ rows, columns, dy, starts });
      yield {
        name: `${rows} rows, segments from ${list.join(", ")} x ${columns}`,
        params: { rows, segments, columns },
        buffers: { dy: segments === 0 ? 16 : dy, starts, out: 4 * values.length },
        expected: { out: { values, bound: values.map(quotientBound) } },
      };
    }
  }
  // More workgroups than fit one dimension: the last row is looked at.
  const [rows, columns] = [1025, 16384];
  const dy = matrix(2, columns, next);
  const values = Float64Array.from(dy.subarray(columns), (value) => value / 2);
  yield {
    name: `${rows} rows x ${columns}`,
    params: { rows, segments: 2, columns },
    buffers: { dy, starts: Uint32Array.of(0, rows - 2, rows), out: 4 * rows * columns },
    expected: {
      out: {
        values,
        at: Uint32Array.from({ length: columns }, (_, i) => (rows - 1) * columns + i),
        bound: values.map(quotientBound),
      },
    },
  };
}
