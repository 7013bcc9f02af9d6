/** Conformance cases of `kl_divergence_gradient`. */

import type { klDivergenceGradient as kernel } from "../../../src/kernels/training/losses/kl_divergence_gradient.ts";
import { klDivergenceGradient } from "../../reference/kl_divergence.ts";
import type { Cases } from "../conformance.ts";
import { random } from "../data.ts";
import { klDivergenceGradientBounds } from "../divergence_bounds.ts";
import { divergenceCalls } from "./kl_divergence.ts";

export function* cases(): Cases<typeof kernel> {
  const next = random(67);
  for (const { name, call: given } of divergenceCalls(71)) {
    const { rows, columns, temperature, x, y } = given;
    const dlosses = Float32Array.from({ length: rows }, next);
    const call = { ...given, dlosses };
    yield {
      name,
      params: { rows, columns, temperature },
      buffers: { x, y, dlosses, out: x.byteLength },
      expected: { out: { values: klDivergenceGradient(call), bound: klDivergenceGradientBounds(call) } },
    };
  }
}
