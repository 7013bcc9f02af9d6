/** Conformance cases of `add_scaled`. */

import type { addScaled as kernel } from "../../../src/kernels/training/add_scaled.ts";
import { addScaled } from "../../reference/add_scaled.ts";
import { addScaledBound } from "../bounds.ts";
import type { Cases } from "../conformance.ts";
import { random } from "../data.ts";

export function* cases(): Cases<typeof kernel> {
  const next = random(13);
  for (const scale of [0, 1, -0.5, 1e-8, 3e4].map(Math.fround)) {
    for (const count of [0, 4, 252, 256, 260, 768 * 31]) {
      const [x, out] = [Float32Array.from({ length: count }, next), Float32Array.from({ length: count }, next)];
      const values = addScaled({ x, out, scale });
      const bound = values.map((value, i) => addScaledBound(value, scale * (x[i] as number)));
      yield {
        name: `${count} elements by ${scale}`,
        params: { count, scale },
        buffers: { x, out },
        expected: { out: { values, bound } },
      };
    }
  }
  // More workgroups than fit one dimension: the last elements are looked at.
  const count = 65536 * 256 + 4;
  const [x, out] = [new Float32Array(count), new Float32Array(count)];
  x.set([1, 2, 3, 4], count - 4);
  out.set([10, 20, 30, 40], count - 4);
  yield {
    name: `${count} elements`,
    params: { count, scale: 2 },
    buffers: { x, out },
    expected: {
      out: { values: Float64Array.of(12, 24, 36, 48), at: Uint32Array.from([4, 3, 2, 1], (back) => count - back) },
    },
  };
}
