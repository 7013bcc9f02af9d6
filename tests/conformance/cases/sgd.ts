/** Conformance cases of `sgd`. */

import type { sgd as kernel } from "../../../src/kernels/training/optimizer/sgd.ts";
import { SIZES, sizesText, withRest } from "../column_ranges.ts";
import type { Cases } from "../conformance.ts";
import { random, vector } from "../data.ts";
import { expectedSgd } from "../optimizer_bounds.ts";

export function* cases(): Cases<typeof kernel> {
  const next = random(47);
  for (const size of SIZES) {
    const { gaps: GAPS, ...columns } = size;
    for (const [momentum, decay, clip, ok] of [[0, 0, 1, 1], [0.9, 0, 0.25, 1], [0.9, 1e-2, 1, 1], [0.9, 1e-2, 0, 0]]) {
      const [g, p, b] = [0, 1, 2].map(() => vector(Math.max(columns.rows, 1) * columns.stride, next)) as [
        Float32Array<ArrayBuffer>,
        Float32Array<ArrayBuffer>,
        Float32Array<ArrayBuffer>,
      ];
      const state = Float32Array.of(ok === 1 ? 1 : NaN, 2, clip!, ok!, 3, 1, 1, 0);
      const params = { ...columns, lr: 1e-2, decay: decay!, momentum: momentum! };
      const expected = expectedSgd(params, { g, state, p, b });
      yield {
        name: `${sizesText(size)}, momentum ${momentum}, decay ${decay}, ${ok === 1 ? `clip ${clip}` : "not applied"}`,
        constants: { GAPS },
        params,
        buffers: { g, state, p, b },
        expected: { p: withRest(expected.p, p), b: withRest(expected.b, b) },
      };
    }
  }
}
