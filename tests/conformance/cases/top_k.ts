/** Conformance cases of `top_k`. */

import type { topK as kernel } from "../../../src/kernels/rows/top_k.ts";
import { topK } from "../../reference/top_k.ts";
import type { Cases } from "../conformance.ts";
import { matrix, random } from "../data.ts";

const SHAPES = [
  [0, 8, 1],
  [1, 1, 1],
  [3, 1, 0],
  [3, 2, 2],
  [7, 41, 5],
  [5, 127, 127],
  [5, 128, 128],
  [5, 129, 128],
  [2, 8000, 5],
  [8, 30522, 5],
  [1, 30522, 128],
  [2, 119547, 10],
  [2, 250000, 3],
] as const;

export function* cases(): Cases<typeof kernel> {
  const next = random(8);
  for (const [rows, columns, k] of SHAPES) {
    yield* one("any values", { rows, columns, k, x: matrix(rows, columns, next) });
    yield* one("one value", { rows, columns, k, x: matrix(rows, columns, () => -1) });
    yield* one("0, -0 and 1", { rows, columns, k, x: matrix(rows, columns, () => Math.ceil(1.5 * next())) });
    yield* one("extremes", { rows, columns, k, x: matrix(rows, columns, () => 3.4e38 * Math.sign(next())) });
    yield* one("descending", { rows, columns, k, x: matrix(rows, columns, descending()) });
  }
}

/** Best first, so that one lane never holds two neighbours of the order. */
function descending(): () => number {
  let value = 1e6;
  return () => value--;
}

function* one(
  name: string,
  { rows, columns, k, x }: { rows: number; columns: number; k: number; x: Float32Array },
): Cases<typeof kernel> {
  const { indices, values } = topK({ rows, columns, k, x });
  yield {
    name: `top ${k} of ${rows} x ${columns}, ${name}`,
    params: { rows, columns, k },
    buffers: { x, indices: indices.byteLength, values: indices.byteLength },
    expected: { indices: { values: indices }, values: { values } },
  };
}
