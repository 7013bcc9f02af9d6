/** Conformance cases of `kl_divergence`. */

import type { klDivergence as kernel } from "../../../src/kernels/losses/kl_divergence.ts";
import { type DivergenceCall, klDivergence } from "../../reference/kl_divergence.ts";
import type { Cases } from "../conformance.ts";
import { matrix, random } from "../data.ts";
import { klDivergenceBounds } from "../divergence_bounds.ts";

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

/** Rows of logits and of a teacher's, of every kind that the kernel and its gradient must compute. */
export function* divergenceCalls(
  seed: number,
): Generator<{ name: string; call: DivergenceCall<Float32Array<ArrayBuffer>> }> {
  const next = random(seed);
  for (const [rows, columns] of SHAPES) {
    const [x, y] = [matrix(rows, columns, () => 10 * next()), matrix(rows, columns, () => 10 * next())];
    yield { name: `${rows} x ${columns}`, call: { rows, columns, temperature: 2, x, y } };
  }
  for (const temperature of [0.5, 1, 3, 20]) {
    const [x, y] = [matrix(4, 37, () => 10 * next()), matrix(4, 37, () => 10 * next())];
    yield { name: `4 x 37 at temperature ${temperature}`, call: { rows: 4, columns: 37, temperature, x, y } };
  }
  for (const columns of [1, 2, 37, 1031]) {
    for (const scale of [0, 1e-3, 1e4, 1e36]) {
      const of = () => matrix(3, columns, () => next() < 0 ? 0 : scale);
      yield { name: `3 x ${columns} of 0 and ${scale}`, call: { rows: 3, columns, temperature: 2, x: of(), y: of() } };
    }
  }
  // Students ever nearer to their teacher, the last of them equal; also if a number is added to all logits.
  for (const shift of [0, 3, -1000]) {
    for (const distance of [1, 0.1, 0.01, 1e-3, 1e-4, 0]) {
      const y = matrix(3, 129, () => 5 * next());
      const x = y.map((value) => value + distance * next() + shift);
      for (let r = 0; r < 3; r++) x.fill(0, r * 132 + 129, (r + 1) * 132);
      const call = { rows: 3, columns: 129, temperature: 1.5, x, y };
      yield { name: `3 x 129 off by ${distance} and ${shift}`, call };
    }
  }
  // Some columns near, others far, around the distance at which the formula changes.
  const y = matrix(5, 41, () => 3 * next());
  const x = y.map((value, i) => i % 44 < 41 ? value + [0.01, 0.49, 0.51, 3, -0.5, 0][i % 6]! : 0);
  yield { name: "5 x 41 of all distances", call: { rows: 5, columns: 41, temperature: 1, x, y } };
}

export function* cases(): Cases<typeof kernel> {
  for (const { name, call } of divergenceCalls(61)) {
    const { rows, columns, temperature, x, y } = call;
    yield {
      name,
      params: { rows, columns, temperature },
      buffers: { x, y, losses: 4 * rows },
      expected: { losses: { values: klDivergence(call), bound: klDivergenceBounds(call) } },
    };
  }
}
