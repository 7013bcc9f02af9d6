/** Conformance cases of `column_sums`. */

import type { columnSums as kernel } from "../../../src/kernels/training/column_sums.ts";
import { columnSums } from "../../reference/column_sums.ts";
import { columnSumBound } from "../bounds.ts";
import type { Cases } from "../conformance.ts";
import { matrix, random } from "../data.ts";

export function* cases(): Cases<typeof kernel> {
  const next = random(17);
  for (const rows of [0, 1, 2, 7, 8, 9, 64, 513]) {
    for (const columns of [1, 3, 31, 32, 33, 768, 2305]) {
      const x = matrix(rows, columns, next);
      const values = columnSums(x, columns);
      yield {
        name: `${rows} x ${columns}`,
        params: { rows, columns },
        buffers: { x: x.length === 0 ? 16 : x, out: 4 * values.length },
        expected: {
          out: { values, bound: columnSums(x.map(Math.abs), columns).map((size) => columnSumBound(rows, size)) },
        },
      };
    }
  }
}
