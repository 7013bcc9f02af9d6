/** Conformance cases of `accumulate`: bit by bit if the sum begins, whatever was there before. */

import type { accumulate as kernel } from "../../../src/kernels/training/accumulate.ts";
import { bits } from "../bits.ts";
import type { Cases } from "../conformance.ts";
import { random } from "../data.ts";
import { expectedAccumulate } from "../optimizer_bounds.ts";

const COUNTS = [0, 4, 8, 124, 252, 256, 260, 31 * 768];

export function* cases(): Cases<typeof kernel> {
  const next = random(83);
  const numbers = (count: number) => Float32Array.from({ length: count }, next);
  for (const keep of [0, 1, 3, 2 ** 32 - 1]) {
    for (const count of COUNTS) {
      const [x, out] = [numbers(count), numbers(count)];
      yield {
        name: `${count} elements, keep ${keep}`,
        params: { count, keep },
        buffers: { x, out },
        expected: { out: expectedAccumulate({ x, out, keep }) },
      };
    }
  }
  // Memory that nobody wrote, given by its size alone, holds NaN.
  for (const count of COUNTS.slice(1)) {
    const x = numbers(count);
    const filled = (value: number) => new Float32Array(count).fill(value);
    const before = {
      "any bits": new Float32Array(bits(count).buffer),
      NaN: filled(NaN),
      infinity: filled(-Infinity),
      nothing: 4 * count,
    };
    for (const [what, out] of Object.entries(before)) {
      yield {
        name: `${count} elements over ${what}`,
        params: { count, keep: 0 },
        buffers: { x, out },
        expected: { out: expectedAccumulate({ x, out: new Float32Array(0), keep: 0 }) },
      };
    }
  }
  // Buffers may be larger.
  for (const keep of [0, 1]) {
    const [x, out] = [numbers(260), numbers(260)];
    const at = Uint32Array.from({ length: 252 }, (_, i) => i);
    yield {
      name: `252 elements of 260, keep ${keep}`,
      params: { count: 252, keep },
      buffers: { x, out },
      expected: { out: { ...expectedAccumulate({ x: x.subarray(0, 252), out, keep }), at } },
    };
  }
  // More workgroups than fit one dimension: the last elements are looked at.
  const count = 65536 * 256 + 4;
  const [x, out] = [new Float32Array(count), new Float32Array(count)];
  x.set([1, 2, 3, 4], count - 4);
  out.set([10, 20, 30, 40], count - 4);
  const at = Uint32Array.from([4, 3, 2, 1], (back) => count - back);
  yield {
    name: `${count} elements`,
    params: { count, keep: 1 },
    buffers: { x, out },
    expected: { out: { values: Float64Array.of(11, 22, 33, 44), at } },
  };
}
