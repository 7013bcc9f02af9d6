/** Conformance cases of `weighted_sum`. */

import type { weightedSum as kernel } from "../../../src/kernels/losses/weighted_sum.ts";
import { weightedSum } from "../../reference/weighted_sum.ts";
import { weightedSumBound } from "../bounds.ts";
import type { Cases } from "../conformance.ts";
import { random } from "../data.ts";

const WEIGHTS = [[1, 0, 0], [0.5, 0.5, 0], [0, 1, 0], [0.25, 0.75, 3], [-1, 2, 0.1], [0, 0, 0], [
  0.1,
  0.3,
  1e6,
]] as const;

export function* cases(): Cases<typeof kernel> {
  const next = random(73);
  for (const weights of WEIGHTS) {
    for (const numbers of [[next(), next(), next()], [1e30, 1e-30, 0], [2, Infinity, Infinity]]) {
      // A number that is not finite is no result: only weights of 0 meet one here.
      if (!weights.every((weight, i) => weight === 0 || Number.isFinite(numbers[i]))) continue;
      const [wa, wb, wc] = [...Float32Array.from(weights)] as [number, number, number];
      const [a, b, c] = numbers.map((number) => Float32Array.of(number)) as [Float32Array, Float32Array, Float32Array];
      const parts = [[wa, a[0]!], [wb, b[0]!], [wc, c[0]!]] as const;
      yield {
        name: `${weights.join(", ")} of ${numbers.join(", ")}`,
        params: { wa, wb, wc },
        buffers: { a, b, c, out: 4 },
        expected: { out: { values: Float64Array.of(weightedSum(parts)), bound: weightedSumBound(parts) } },
      };
    }
  }
}
