/** Conformance cases of `cross_entropy_gradient`. */

import { NO_LABEL } from "../../../src/kernels/losses/cross_entropy.ts";
import type { crossEntropyGradient as kernel } from "../../../src/kernels/training/losses/cross_entropy_gradient.ts";
import { crossEntropyGradient } from "../../reference/cross_entropy_gradient.ts";
import type { Cases } from "../conformance.ts";
import { matrix, random } from "../data.ts";
import { crossEntropyGradientBounds } from "../gradient_bounds.ts";

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
  [9, 8000],
  [3, 30522],
  [2, 119547],
  [65537, 3], // more rows than workgroups in one dimension
] as const;

export function* cases(): Cases<typeof kernel> {
  const next = random(47);
  for (const [rows, columns] of SHAPES) {
    yield* one(`${rows} x ${columns}`, { rows, columns, x: matrix(rows, columns, () => 10 * next()) }, next);
  }
  for (const columns of [1, 2, 37, 1031]) {
    for (const scale of [0, 1e-3, 1e4, 3e38]) {
      const x = matrix(3, columns, () => next() < 0 ? 0 : scale);
      yield* one(`3 x ${columns} of 0 and ${scale}`, { rows: 3, columns, x }, next);
    }
  }
  // Confident rows: the label leads by 1 to 18, so the gradient goes down to 1e-7.
  const x = matrix(18, 41, next);
  for (let r = 0; r < 18; r++) x[r * 44 + Math.min(labelOf(r, 41), 40)] = r + 2;
  yield* one("18 x 41, ever more confident", { rows: 18, columns: 41, x }, next);
}

/** Every fifth row has no label, the others take columns in turn, the last one early. */
function labelOf(row: number, columns: number): number {
  return row % 5 === 4 ? NO_LABEL : (columns - 1 + 7 * row) % columns;
}

function* one(
  name: string,
  { rows, columns, x }: { rows: number; columns: number; x: Float32Array },
  next: () => number,
): Cases<typeof kernel> {
  const labels = Uint32Array.from({ length: rows }, (_, r) => labelOf(r, columns));
  const dlosses = Float32Array.from({ length: rows }, next);
  const call = { rows, columns, x, labels, dlosses };
  const values = crossEntropyGradient(call);
  yield {
    name,
    params: { rows, columns },
    buffers: { x, labels, dlosses, out: x.byteLength },
    expected: { out: { values, bound: crossEntropyGradientBounds(call, values) } },
  };
}
