/** Conformance cases of `zeros`: the buffer holds NaN before. */

import type { zeros as kernel } from "../../../src/kernels/training/zeros.ts";
import { zeros } from "../../reference/zeros.ts";
import type { Cases } from "../conformance.ts";

export function* cases(): Cases<typeof kernel> {
  for (const count of [0, 4, 28, 252, 256, 260, 768 * 3072]) {
    yield {
      name: `${count} elements`,
      params: { count },
      buffers: { out: 4 * count },
      expected: { out: { values: zeros(count) } },
    };
  }
  // What lies behind the count stays.
  const out = new Float32Array(272).fill(7);
  yield {
    name: "260 of 272 elements",
    params: { count: 260 },
    buffers: { out },
    expected: { out: { values: Float64Array.from(out, (value, i) => i < 260 ? 0 : value) } },
  };
  // More workgroups than fit one dimension: the last elements are looked at.
  const count = 65536 * 256 + 4;
  yield {
    name: `${count} elements`,
    params: { count },
    buffers: { out: 4 * count },
    expected: { out: { values: zeros(8), at: Uint32Array.from({ length: 8 }, (_, i) => count - 8 + i) } },
  };
}
