/** Conformance cases of `peak_copy`: bit-exact. */

import type { peakCopy as kernel } from "../../../src/kernels/peak/peak_copy.ts";
import { bits } from "../bits.ts";
import type { Cases } from "../conformance.ts";

export function* cases(): Cases<typeof kernel> {
  for (const WORKGROUP of [8, 64, 256]) {
    // One vector, a number of them that the invocations do not divide, and fewer than there are invocations.
    for (const [vectors, groups] of [[1, 1], [1021, 3], [255, 7], [4096, 16]] as const) {
      const x = bits(4 * vectors);
      yield {
        name: `${vectors} vectors, ${groups} workgroups of ${WORKGROUP}`,
        constants: { WORKGROUP },
        params: { groups },
        buffers: { x, out: 16 * vectors },
        expected: { out: { values: x } },
      };
    }
  }
}
