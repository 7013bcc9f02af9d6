/** Conformance cases of `scatter_rows`: bit-exact, so the data is any bits, NaNs with payloads included. */

import { NO_ROW } from "../../../src/kernels/rows/gather_rows.ts";
import { pitch } from "../../../src/kernels/kernel.ts";
import type { scatterRows as kernel } from "../../../src/kernels/rows/scatter_rows.ts";
import { scatterRows } from "../../reference/scatter_rows.ts";
import type { Cases } from "../conformance.ts";
import { bits } from "../bits.ts";

const SHAPES = [[0, 8], [1, 1], [3, 1], [5, 3], [16, 16], [13, 17], [67, 31], [64, 128], [31, 768]] as const;

export function* cases(): Cases<typeof kernel> {
  for (const [rows, columns] of SHAPES) {
    const x = bits(rows * pitch(columns));
    const targets = 101; // a prime, so that 7 r hits each once
    const index = Uint32Array.from({ length: rows }, (_, r) => r % 4 === 2 ? NO_ROW : (100 + 7 * r) % targets);
    const out = bits(targets * pitch(columns)).reverse();
    yield {
      name: `${rows} x ${columns}`,
      params: { rows, columns },
      buffers: { x, index, out },
      expected: { out: { values: scatterRows({ x, index, out, columns }) } },
    };
  }
  // More workgroups than fit one dimension: the last row is looked at.
  const [rows, columns] = [1025, 16384];
  const x = new Uint32Array(rows * columns);
  const last = bits(columns);
  x.set(last, (rows - 1) * columns);
  const index = new Uint32Array(rows).fill(NO_ROW);
  index[rows - 1] = 0;
  yield {
    name: `${rows} x ${columns}`,
    params: { rows, columns },
    buffers: { x, index, out: 4 * columns },
    expected: { out: { values: last } },
  };
}
