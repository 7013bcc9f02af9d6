/** Conformance cases of `cross_entropy_gradient`. */

import type { crossEntropyGradient as kernel } from "../../../src/kernels/training/losses/cross_entropy_gradient.ts";
import { crossEntropyGradient } from "../../reference/cross_entropy_gradient.ts";
import type { Cases } from "../conformance.ts";
import { random } from "../data.ts";
import { crossEntropyGradientBounds } from "../gradient_bounds.ts";
import { boundOf, crossEntropyCalls } from "./cross_entropy.ts";

export function* cases(): Cases<typeof kernel> {
  const next = random(47);
  for (const { name, call } of crossEntropyCalls(53)) {
    const dlosses = Float32Array.from({ length: call.rows }, next);
    const values = crossEntropyGradient({ ...call, dlosses });
    const { params, buffers } = boundOf(call);
    yield {
      name,
      params,
      buffers: { ...buffers, dlosses, out: call.x.byteLength },
      expected: { out: { values, bound: crossEntropyGradientBounds({ ...call, dlosses }, values) } },
    };
  }
}
