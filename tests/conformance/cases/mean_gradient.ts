/** Conformance cases of `mean_gradient`. */

import type { meanGradient as kernel } from "../../../src/kernels/training/losses/mean_gradient.ts";
import { meanGradient } from "../../reference/mean_gradient.ts";
import type { Cases } from "../conformance.ts";
import { quotientBound } from "../gradient_bounds.ts";

export function* cases(): Cases<typeof kernel> {
  for (const count of [0, 1, 2, 3, 4, 31, 257, 30522]) {
    for (const divisor of [0, 1, 3, count]) {
      for (const dout of [1, -0.3].map(Math.fround)) {
        const values = meanGradient({ dout, count, divisor });
        yield {
          name: `${dout} over ${divisor}, ${count} times`,
          params: { count, divisor },
          buffers: { dout: Float32Array.of(dout), out: 4 * values.length },
          expected: { out: { values, bound: values.map(quotientBound) } },
        };
      }
    }
  }
}
