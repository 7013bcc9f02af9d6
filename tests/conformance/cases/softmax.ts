/** Conformance cases of `softmax`. */

import type { softmax as kernel } from "../../../src/kernels/rows/softmax.ts";
import { softmax } from "../../reference/softmax.ts";
import { SOFTMAX_BOUND } from "../bounds.ts";
import type { Cases } from "../conformance.ts";
import { matrix, random } from "../data.ts";

const SHAPES = [
  [0, 8],
  [1, 1],
  [3, 1],
  [2, 2],
  [5, 3],
  [7, 41],
  [3, 127],
  [3, 128],
  [3, 129],
  [2, 8000],
  [3, 30522],
  [2, 119547],
  [65537, 3], // more rows than workgroups in one dimension
] as const;

export function* cases(): Cases<typeof kernel> {
  const next = random(4);
  for (const [rows, columns] of SHAPES) {
    yield* one(`${rows} x ${columns}`, { rows, columns, x: matrix(rows, columns, () => 10 * next()) });
  }
  for (const columns of [1, 2, 37, 1031]) {
    for (const scale of [0, 1e-3, 1e4, 3e38]) {
      const x = matrix(3, columns, () => scale * Math.sign(next()));
      yield* one(`3 x ${columns} of ±${scale}`, { rows: 3, columns, x });
    }
    yield* one(`3 x ${columns} of one value`, { rows: 3, columns, x: matrix(3, columns, () => -12.5) });
    yield* one(`3 x ${columns} up to 1e4`, { rows: 3, columns, x: matrix(3, columns, () => 1e4 * next()) });
  }
}

function* one(
  name: string,
  { rows, columns, x }: { rows: number; columns: number; x: Float32Array },
): Cases<typeof kernel> {
  yield {
    name,
    params: { rows, columns },
    buffers: { x, out: x.byteLength },
    expected: { out: { values: softmax({ rows, columns, x }), bound: SOFTMAX_BOUND } },
  };
}
