/** Conformance cases of `activation`. */

import { type activation as kernel, ACTIVATION_CODES } from "../../../src/kernels/rows/activation.ts";
import { activation } from "../../reference/activation.ts";
import { ACTIVATION_BOUND } from "../bounds.ts";
import type { Cases } from "../conformance.ts";

/** 2,000 steps through [-10, 10], where the bound is absolute: 1e-6. */
const MIDDLE = Float32Array.from({ length: 2004 }, (_, i) => -10 + i / 100);

/** Where something could overflow, or be lost near zero. */
const EXTREMES = Float32Array.of(1e30, -1e30, 3e38, -3e38, 1e-30, -1e-30, 0, 100);

export function* cases(): Cases<typeof kernel> {
  for (const [name, code] of Object.entries(ACTIVATION_CODES)) {
    yield* one(`${name} on [-10, 10]`, MIDDLE, code);
    const extremes = name === "relu2" ? EXTREMES.map((x) => Math.min(x, 1e18)) : EXTREMES; // else it overflows
    yield* one(`${name} of extremes`, extremes, code);
  }
  for (const count of [0, 4, 252, 256, 260, 512 * 3072]) {
    yield* one(`${count} elements`, Float32Array.from({ length: count }, (_, i) => (i % 101) / 10 - 5), 1);
  }
  // More workgroups than fit one dimension: the last elements are looked at.
  const count = 65536 * 256 + 4;
  const x = new Float32Array(count);
  x.set([-1, 2, -3, 4], count - 4);
  yield {
    name: `${count} elements`,
    params: { count, activation: ACTIVATION_CODES.relu },
    buffers: { x, out: x.byteLength },
    expected: {
      out: { values: Float64Array.of(0, 2, 0, 4), at: Uint32Array.of(count - 4, count - 3, count - 2, count - 1) },
    },
  };
}

function* one(name: string, x: Float32Array, code: number): Cases<typeof kernel> {
  const values = activation(x, code);
  // Beyond the middle the result is x or a constant to the last bit, but for those that are products.
  const isProduct = code === ACTIVATION_CODES.relu2 || code === ACTIVATION_CODES.leaky_relu;
  const bound = values.map((value) => ACTIVATION_BOUND + (isProduct ? 2 ** -23 * Math.abs(value) : 0));
  yield {
    name,
    params: { count: x.length, activation: code },
    buffers: { x, out: x.byteLength },
    expected: { out: { values, bound } },
  };
}
