/** Conformance cases of `pointwise_loss_gradient`. */

import { POINTWISE_LOSSES } from "../../../src/kernels/losses/pointwise_loss.ts";
import type { pointwiseLossGradient as kernel } from "../../../src/kernels/training/losses/pointwise_loss_gradient.ts";
import { pointwiseLossGradient } from "../../reference/pointwise_loss_gradient.ts";
import type { Cases } from "../conformance.ts";
import { matrix, random } from "../data.ts";
import { pointwiseLossGradientBounds } from "../gradient_bounds.ts";

const { squared_error, binary_cross_entropy } = POINTWISE_LOSSES;
const SHAPES = [[0, 8], [1, 1], [3, 1], [9, 2], [8, 3], [7, 41], [5, 127], [5, 128], [5, 129], [3, 3072]] as const;

export function* cases(): Cases<typeof kernel> {
  const next = random(53);
  for (const [rows, columns] of SHAPES) {
    const x = matrix(rows, columns, () => 5 * next());
    const dlosses = Float32Array.from({ length: rows }, next);
    const y = matrix(rows, columns, next);
    yield* one(`${rows} x ${columns}`, { rows, columns, x, y, dlosses, kind: squared_error });
    const targets = matrix(rows, columns, () => next() < 0 ? 0 : 1);
    yield* one(`${rows} x ${columns}`, { rows, columns, x, y: targets, dlosses, kind: binary_cross_entropy });
  }
  // Rows that count nothing, whatever they hold.
  for (const kind of [squared_error, binary_cross_entropy]) {
    const [x, y] = [matrix(5, 7, next), matrix(5, 7, () => 1)];
    for (const [r, value] of [[1, NaN], [2, Infinity], [3, -Infinity]] as const) {
      x[8 * r] = value;
      y[8 * r + 6] = value;
    }
    const dlosses = Float32Array.of(1, 0, -0, 0, -1);
    yield* one("some rows of any numbers", { rows: 5, columns: 7, x, y, dlosses, kind });
  }
  for (const size of [20, 1e4, 3e38]) {
    const x = matrix(9, 5, () => size * next());
    for (const target of [0, 0.5, 1]) {
      const call = { rows: 9, columns: 5, x, y: matrix(9, 5, () => target), dlosses: new Float32Array(9).fill(1) };
      yield* one(`logits up to ${size}, targets ${target}`, { ...call, kind: binary_cross_entropy });
    }
  }
}

function* one(
  name: string,
  call: Parameters<typeof pointwiseLossGradient>[0] & { x: Float32Array; y: Float32Array; dlosses: Float32Array },
): Cases<typeof kernel> {
  const { rows, columns, x, y, dlosses, kind } = call;
  yield {
    name,
    constants: { KIND: kind },
    params: { rows, columns },
    buffers: { x, y, dlosses, out: x.byteLength },
    expected: { out: { values: pointwiseLossGradient(call), bound: pointwiseLossGradientBounds(call) } },
  };
}
