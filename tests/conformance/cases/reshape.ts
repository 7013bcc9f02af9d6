/** Conformance cases of `reshape`: bit-exact. */

import { pitch } from "../../../src/kernels/kernel.ts";
import type { reshape as kernel } from "../../../src/kernels/rows/reshape.ts";
import { reshape } from "../../reference/reshape.ts";
import { bits } from "../bits.ts";
import type { Cases } from "../conformance.ts";

/** From `[rows, columns]` to `[rows, columns]` with as many elements. */
const SHAPES = [
  [[0, 1], [0, 3]],
  [[1, 1], [1, 1]],
  [[6, 1], [2, 3]],
  [[12, 1], [3, 4]],
  [[35, 1], [5, 7]],
  [[4, 6], [3, 8]],
  [[8, 5], [1, 40]],
  [[128, 1], [2, 64]],
  [[130, 1], [26, 5]],
] as const;

export function* cases(): Cases<typeof kernel> {
  for (const [[fromRows, from_columns], [rows, columns]] of SHAPES) {
    const x = bits(Math.max(1, fromRows) * pitch(from_columns));
    yield {
      name: `${fromRows} x ${from_columns} to ${rows} x ${columns}`,
      params: { rows, columns, from_columns },
      buffers: { x, out: 4 * rows * pitch(columns) },
      expected: { out: { values: reshape(x, from_columns, [rows, columns]) } },
    };
  }
  // More workgroups than fit one dimension: the last row is looked at.
  const [rows, columns] = [1100, 4096];
  const x = new Uint32Array(rows * columns);
  const last = bits(columns);
  x.set(last, (rows - 1) * columns);
  yield {
    name: `${rows} x ${columns}`,
    params: { rows, columns, from_columns: 2 * columns },
    buffers: { x, out: 4 * rows * columns },
    expected: { out: { values: last, at: Uint32Array.from(last, (_, i) => (rows - 1) * columns + i) } },
  };
}
