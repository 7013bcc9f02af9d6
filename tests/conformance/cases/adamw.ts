/** Conformance cases of `adamw`. */

import type { adamw as kernel } from "../../../src/kernels/training/optimizer/adamw.ts";
import { pieceOf, SIZES, type Sizes, sizesText, withRest } from "../column_ranges.ts";
import type { Cases } from "../conformance.ts";
import { random, vector } from "../data.ts";
import { expectedAdamw } from "../optimizer_bounds.ts";

export function* cases(): Cases<typeof kernel> {
  const next = random(43);
  const caseOf = (
    name: string,
    { gaps: GAPS, ...columns }: Sizes,
    { t = 1, clip = 1, ok = 1, decay = 1e-5, rests = [0.1, 0.001], scale = 1 }: {
      t?: number;
      clip?: number;
      ok?: number;
      decay?: number;
      rests?: [number, number];
      scale?: number;
    },
  ) => {
    const matrix = (of: () => number) => vector(Math.max(columns.rows, 1) * columns.stride, of);
    const p = matrix(next);
    const g = matrix(() => scale * next());
    const m = matrix(() => t === 1 ? 0 : scale * next());
    const v = matrix(() => t === 1 ? 0 : scale ** 2 * next() ** 2);
    const corrections = rests.map((rest) => 1 - (1 - rest) ** t);
    const state = Float32Array.of(ok === 1 ? 1 : NaN, 2, clip, ok, t, ...corrections, 0);
    const params = { ...columns, lr: 1e-3, decay, rest1: rests[0], rest2: rests[1], eps: 1e-8 };
    const expected = expectedAdamw(params, { g, state, p, m, v });
    return {
      name,
      constants: { GAPS },
      params,
      buffers: { g, state, p, m, v },
      expected: { p: withRest(expected.p, p), m: withRest(expected.m, m), v: withRest(expected.v, v) },
    };
  };
  for (const size of SIZES) {
    for (const t of [1, 2, 1000]) yield caseOf(`${sizesText(size)}, step ${t}`, size, { t });
    yield caseOf(`${sizesText(size)}, not applied`, size, { t: 4, clip: 0, ok: 0 });
  }
  const size = pieceOf(112);
  for (const scale of [1e-12, 1e-4, 1e6, 1e15]) {
    yield caseOf(`gradients up to ${scale}`, size, { scale, t: 5, clip: Math.min(1, 0.01 / scale) });
  }
  yield caseOf("without decay", size, { t: 5, decay: 0 });
  yield caseOf("without memory", size, { t: 5, rests: [1, 1] });
}
