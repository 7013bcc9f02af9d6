/** Conformance cases of `pointwise_loss`. */

import { POINTWISE_LOSSES, type pointwiseLoss as kernel } from "../../../src/kernels/losses/pointwise_loss.ts";
import { pointwiseLoss } from "../../reference/pointwise_loss.ts";
import { pointwiseLossBound } from "../bounds.ts";
import type { Cases } from "../conformance.ts";
import { matrix, random } from "../data.ts";

const { squared_error, binary_cross_entropy } = POINTWISE_LOSSES;
const SHAPES = [[0, 8], [1, 1], [3, 1], [9, 2], [8, 3], [7, 41], [5, 127], [5, 128], [5, 129], [3, 3072]] as const;

export function* cases(): Cases<typeof kernel> {
  const next = random(6);
  for (const [rows, columns] of SHAPES) {
    const x = matrix(rows, columns, () => 5 * next());
    const y = matrix(rows, columns, next);
    yield* one(`${rows} x ${columns}`, { rows, columns, x, y, kind: squared_error });
    const targets = matrix(rows, columns, () => next() < 0 ? 0 : 1);
    yield* one(`${rows} x ${columns}`, { rows, columns, x, y: targets, kind: binary_cross_entropy });
  }
  const x = matrix(9, 5, () => 1e4 * next());
  for (const target of [0, 0.5, 1]) {
    const y = matrix(9, 5, () => target);
    yield* one(`logits up to 1e4, targets ${target}`, { rows: 9, columns: 5, x, y, kind: binary_cross_entropy });
  }
  const sure = Float32Array.of(3e38, 0, 0, 0, -3e38, 0, 0, 0, 12, 0, 0, 0, -12, 0, 0, 0);
  const y = Float32Array.of(1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0);
  yield* one("sure and right", { rows: 4, columns: 1, x: sure, y, kind: binary_cross_entropy });
}

function* one(
  name: string,
  call: { rows: number; columns: number; x: Float32Array; y: Float32Array; kind: number },
): Cases<typeof kernel> {
  const { rows, columns, x, y, kind } = call;
  const values = pointwiseLoss(call);
  yield {
    name,
    constants: { KIND: kind },
    params: { rows, columns },
    buffers: { x, y, losses: 4 * rows },
    expected: { losses: { values, bound: values.map((loss) => pointwiseLossBound({ kind, columns }, loss)) } },
  };
}
