/** Conformance cases of `gather_rows`: bit-exact, so the data is any bits, NaNs with payloads included. */

import { type gatherRows as kernel, NO_ROW } from "../../../src/kernels/rows/gather_rows.ts";
import { pitch } from "../../../src/kernels/kernel.ts";
import { gatherRows } from "../../reference/gather_rows.ts";
import type { Cases } from "../conformance.ts";
import { bits } from "../bits.ts";

const SHAPES = [[0, 8], [1, 1], [3, 1], [5, 3], [16, 16], [13, 17], [67, 31], [64, 128], [31, 768]] as const;

export function* cases(): Cases<typeof kernel> {
  for (const [rows, columns] of SHAPES) {
    const sources = 11;
    const x = bits(sources * pitch(columns));
    const index = Uint32Array.from({ length: rows }, (_, r) => r % 4 === 2 ? NO_ROW : (10 + 7 * r) % sources);
    yield {
      name: `${rows} x ${columns}`,
      params: { rows, columns },
      buffers: { x, index, out: 4 * rows * pitch(columns) },
      expected: { out: { values: gatherRows(x, index, columns) } },
    };
  }
  // More workgroups than fit one dimension: the last row is looked at.
  const [rows, columns] = [1025, 16384];
  const x = bits(2 * columns);
  const index = new Uint32Array(rows);
  index[rows - 1] = 1;
  yield {
    name: `${rows} x ${columns}`,
    params: { rows, columns },
    buffers: { x, index, out: 4 * rows * columns },
    expected: {
      out: { values: x.slice(columns), at: Uint32Array.from({ length: columns }, (_, i) => (rows - 1) * columns + i) },
    },
  };
}
