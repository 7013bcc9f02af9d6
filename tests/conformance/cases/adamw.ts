/** Conformance cases of `adamw`. */

import type { adamw as kernel } from "../../../src/kernels/training/optimizer/adamw.ts";
import type { Cases } from "../conformance.ts";
import { matrix, random } from "../data.ts";
import { expectedAdamw } from "../optimizer_bounds.ts";

const SIZES = [[0, 5], [1, 1], [3, 5], [1, 255], [1, 256], [1, 257], [31, 768]] as const;

export function* cases(): Cases<typeof kernel> {
  const next = random(43);
  const caseOf = (
    name: string,
    [rows, columns]: readonly [number, number],
    { t = 1, clip = 1, ok = 1, decay = 1e-5, rests = [0.1, 0.001], scale = 1 }: {
      t?: number;
      clip?: number;
      ok?: number;
      decay?: number;
      rests?: [number, number];
      scale?: number;
    },
  ) => {
    const p = matrix(rows, columns, next);
    const g = matrix(rows, columns, () => scale * next());
    const m = matrix(rows, columns, () => t === 1 ? 0 : scale * next());
    const v = matrix(rows, columns, () => t === 1 ? 0 : scale ** 2 * next() ** 2);
    const corrections = rests.map((rest) => 1 - (1 - rest) ** t);
    const state = Float32Array.of(ok === 1 ? 1 : NaN, 2, clip, ok, t, ...corrections, 0);
    const params = { count: p.length, lr: 1e-3, decay, rest1: rests[0], rest2: rests[1], eps: 1e-8 };
    return {
      name,
      params,
      buffers: { g, state, p, m, v },
      expected: expectedAdamw(params, { g, state, p, m, v }),
    };
  };
  for (const size of SIZES) {
    for (const t of [1, 2, 1000]) yield caseOf(`${size.join(" x ")}, step ${t}`, size, { t });
    yield caseOf(`${size.join(" x ")}, not applied`, size, { t: 4, clip: 0, ok: 0 });
  }
  const size = [7, 13] as const;
  for (const scale of [1e-12, 1e-4, 1e6, 1e15]) {
    yield caseOf(`gradients up to ${scale}`, size, { scale, t: 5, clip: Math.min(1, 0.01 / scale) });
  }
  yield caseOf("without decay", size, { t: 5, decay: 0 });
  yield caseOf("without memory", size, { t: 5, rests: [1, 1] });
}
