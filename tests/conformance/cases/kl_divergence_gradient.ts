/** Conformance cases of `kl_divergence_gradient`. */

import type { klDivergenceGradient as kernel } from "../../../src/kernels/training/losses/kl_divergence_gradient.ts";
import { pitch } from "../../../src/kernels/kernel.ts";
import { type DivergenceCall, klDivergenceGradient } from "../../reference/kl_divergence.ts";
import type { Cases, ConformanceCase } from "../conformance.ts";
import { matrix, random } from "../data.ts";
import { klDivergenceGradientBounds } from "../divergence_bounds.ts";
import { divergenceCalls } from "./kl_divergence.ts";

export function* cases(): Cases<typeof kernel> {
  const next = random(67);
  for (const { name, call } of divergenceCalls(71)) {
    yield one(name, { ...call, dlosses: Float32Array.from({ length: call.rows }, next) });
  }
  // Rows that count nothing, whatever their logits are.
  for (const columns of [1, 41, 1031]) {
    const [x, y] = [matrix(9, columns, () => 10 * next()), matrix(9, columns, () => 10 * next())];
    const dlosses = Float32Array.from({ length: 9 }, (_, r) => r % 3 === 0 ? next() : r % 3 === 1 ? 0 : -0);
    for (let r = 0; r < 9; r++) {
      if (dlosses[r] !== 0) continue;
      const at = r * pitch(columns);
      x[at] = [NaN, Infinity, 1][r % 3]!;
      y[at + columns - 1] = [-Infinity, 1, NaN, Infinity][r % 4]!;
    }
    const call = { rows: 9, columns, temperature: 2, x, y, dlosses };
    yield one(`9 x ${columns}, some rows of any numbers`, call);
  }
}

function one(
  name: string,
  call: DivergenceCall<Float32Array<ArrayBuffer>> & { dlosses: Float32Array<ArrayBuffer> },
): ConformanceCase<"rows" | "columns" | "temperature", "x" | "y" | "dlosses" | "out"> {
  const { rows, columns, temperature, x, y, dlosses } = call;
  return {
    name,
    params: { rows, columns, temperature },
    buffers: { x, y, dlosses, out: x.byteLength },
    expected: { out: { values: klDivergenceGradient(call), bound: klDivergenceGradientBounds(call) } },
  };
}
