/** Conformance cases of `softmax_gradient`. */

import type { softmaxGradient as kernel } from "../../../src/kernels/training/softmax_gradient.ts";
import { softmax } from "../../reference/softmax.ts";
import { softmaxGradient } from "../../reference/softmax_gradient.ts";
import { softmaxGradientBounds } from "../bounds.ts";
import type { Cases } from "../conformance.ts";
import { matrix, random } from "../data.ts";

const SHAPES = [[0, 8], [1, 1], [3, 1], [2, 2], [5, 3], [7, 41], [3, 127], [3, 128], [3, 129], [2, 30522], [
  2,
  119547,
]] as const;

export function* cases(): Cases<typeof kernel> {
  const next = random(19);
  for (const [rows, columns] of SHAPES) {
    for (const scale of [1, 1e4]) {
      const p = Float32Array.from(softmax({ rows, columns, x: matrix(rows, columns, () => 10 * next()) }));
      const dp = matrix(rows, columns, () => scale * next());
      const call = { rows, columns, p, dp };
      yield {
        name: `${rows} x ${columns} by gradients up to ${scale}`,
        params: { rows, columns },
        buffers: { p, dp, out: p.byteLength },
        expected: { out: { values: softmaxGradient(call).out, bound: softmaxGradientBounds(call) } },
      };
    }
  }
}
