/** Conformance cases of `activation_gradient`. */

import { ACTIVATION_CODES } from "../../../src/kernels/rows/activation.ts";
import type { activationGradient as kernel } from "../../../src/kernels/training/rows/activation_gradient.ts";
import { activationGradient } from "../../reference/activation_gradient.ts";
import type { Cases } from "../conformance.ts";
import { random } from "../data.ts";
import { activationGradientBound } from "../gradient_bounds.ts";

/** 2,000 steps through [-10, 10]. */
const MIDDLE = Float32Array.from({ length: 2004 }, (_, i) => -10 + i / 100);

/** Where something could overflow, or be lost near zero. */
const EXTREMES = Float32Array.of(1e30, -1e30, 3e38, -3e38, 1e-30, -1e-30, 0, 100, -100, 20, -20, 11);

export function* cases(): Cases<typeof kernel> {
  const next = random(23);
  for (const [name, code] of Object.entries(ACTIVATION_CODES)) {
    yield* one(`${name} on [-10, 10]`, { x: MIDDLE, dy: MIDDLE.map(() => 1), code });
    yield* one(`${name} on [-10, 10] by any gradient`, { x: MIDDLE, dy: MIDDLE.map(() => 1e3 * next()), code });
    const extremes = name === "relu2" ? EXTREMES.map((x) => Math.min(x, 1e18)) : EXTREMES; // else it overflows
    yield* one(`${name} of extremes`, { x: extremes, dy: extremes.map(() => 1), code });
  }
  for (const count of [0, 4, 252, 256, 260, 512 * 3072]) {
    const x = Float32Array.from({ length: count }, (_, i) => (i % 101) / 10 - 5);
    yield* one(`${count} elements`, { x, dy: x.map(next), code: ACTIVATION_CODES.gelu });
  }
  // More workgroups than fit one dimension: the last elements are looked at.
  const count = 65536 * 256 + 4;
  const [x, dy] = [new Float32Array(count), new Float32Array(count)];
  x.set([-1, 2, -3, 4], count - 4);
  dy.set([5, 6, 7, 8], count - 4);
  yield {
    name: `${count} elements`,
    params: { count, activation: ACTIVATION_CODES.relu },
    buffers: { x, dy, out: x.byteLength },
    expected: {
      out: { values: Float64Array.of(0, 6, 0, 8), at: Uint32Array.of(count - 4, count - 3, count - 2, count - 1) },
    },
  };
}

function* one(
  name: string,
  { x, dy, code }: { x: Float32Array; dy: Float32Array; code: number },
): Cases<typeof kernel> {
  const values = activationGradient({ x, dy, code });
  yield {
    name,
    params: { count: x.length, activation: code },
    buffers: { x, dy, out: x.byteLength },
    expected: {
      out: { values, bound: Float64Array.from(dy, (value, i) => activationGradientBound(value, values[i]!)) },
    },
  };
}
