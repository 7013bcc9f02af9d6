/** Conformance cases of `peak_multiply_adds`. */

import type { peakMultiplyAdds as kernel } from "../../../src/kernels/peak/peak_multiply_adds.ts";
import type { Cases } from "../conformance.ts";

const [CHAINS, ROUNDS] = [8, 256];

/** Roundings, relative to a sum of 8 terms that shrink to about `x` each: of `x`, of the last rounds, and of the sum. */
const BOUND = 16 * 2 ** -24;

export function* cases(): Cases<typeof kernel> {
  for (const WORKGROUP of [8, 64, 256]) {
    for (const groups of [1, 3]) {
      const values = Float64Array.from({ length: 4 * groups * WORKGROUP }, (_, i) => sum(Math.floor(i / 4)));
      yield {
        name: `${groups} workgroups of ${WORKGROUP}`,
        constants: { WORKGROUP },
        params: { groups },
        buffers: { out: 4 * values.length },
        expected: { out: { values, bound: values.map((value) => BOUND * value) } },
      };
    }
  }
}

/** What invocation `id` writes, in float64. */
function sum(id: number): number {
  const x = (id % 7) * 1e-3;
  let all = 0;
  for (let chain = 0; chain < CHAINS; chain++) {
    let a = x + chain;
    for (let round = 0; round < ROUNDS; round++) a = a * x + x;
    all += a;
  }
  return all;
}
