/** Conformance cases of `sgd`. */

import type { sgd as kernel } from "../../../src/kernels/training/optimizer/sgd.ts";
import type { Cases } from "../conformance.ts";
import { matrix, random } from "../data.ts";
import { expectedSgd } from "../optimizer_bounds.ts";

const SIZES = [[0, 5], [1, 1], [3, 5], [1, 255], [1, 256], [1, 257], [31, 768]] as const;

export function* cases(): Cases<typeof kernel> {
  const next = random(47);
  for (const [rows, columns] of SIZES) {
    for (const [momentum, decay, clip, ok] of [[0, 0, 1, 1], [0.9, 0, 0.25, 1], [0.9, 1e-2, 1, 1], [0.9, 1e-2, 0, 0]]) {
      const [g, p, b] = [0, 1, 2].map(() => matrix(rows, columns, next)) as [
        Float32Array<ArrayBuffer>,
        Float32Array<ArrayBuffer>,
        Float32Array<ArrayBuffer>,
      ];
      const state = Float32Array.of(ok === 1 ? 1 : NaN, 2, clip!, ok!, 3, 1, 1, 0);
      const params = { count: p.length, lr: 1e-2, decay: decay!, momentum: momentum! };
      yield {
        name: `${rows} x ${columns}, momentum ${momentum}, decay ${decay}, ${
          ok === 1 ? `clip ${clip}` : "not applied"
        }`,
        params,
        buffers: { g, state, p, b },
        expected: expectedSgd(params, { g, state, p, b }),
      };
    }
  }
}
