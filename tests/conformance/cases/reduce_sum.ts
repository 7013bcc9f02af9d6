/** Conformance cases of `reduce_sum`. */

import type { reduceSum as kernel } from "../../../src/kernels/losses/reduce_sum.ts";
import { reduceSum } from "../../reference/reduce_sum.ts";
import { reduceSumBound } from "../bounds.ts";
import type { Cases } from "../conformance.ts";
import { random } from "../data.ts";

export function* cases(): Cases<typeof kernel> {
  const next = random(7);
  for (const count of [0, 1, 2, 31, 32, 33, 127, 1024, 30522]) {
    for (const divisor of [0, 1, 3, count]) {
      const x = Float32Array.from({ length: count }, next);
      const size = reduceSum(x.map(Math.abs), divisor);
      yield {
        name: `${count} elements over ${divisor}`,
        params: { count, divisor },
        buffers: { x, out: 4 },
        expected: {
          out: { values: Float64Array.of(reduceSum(x, divisor)), bound: reduceSumBound(count, size) },
        },
      };
    }
  }
}
