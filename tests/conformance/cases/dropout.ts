/** Conformance cases of `dropout`: its masks are those that TypeScript draws, so both have the same random bits. */

import type { dropout as kernel } from "../../../src/kernels/training/dropout.ts";
import type { Cases } from "../conformance.ts";
import { matrix, random } from "../data.ts";
import { expectedDropout } from "../optimizer_bounds.ts";

const SIZES = [[0, 5], [1, 1], [3, 5], [1, 255], [1, 256], [1, 257], [31, 768]] as const;

/** Seeds and streams, with bits in every place. */
const KEYS = [[0, 0], [1, 0], [0, 1], [0xffffffff, 0xfffffffe], [0xdeadbeef, 0x89abcdef]] as const;

export function* cases(): Cases<typeof kernel> {
  const next = random(31);
  const caseOf = (rows: number, columns: number, rate: number, seed: number, stream: number, added: boolean) => {
    const [x, residual] = [matrix(rows, columns, next), matrix(rows, columns, next)];
    const threshold = Math.ceil(rate * 2 ** 32);
    const params = { count: x.length, seed, stream, threshold, scale: 1 / (1 - rate), residual: Number(added) };
    return {
      name: `${rows} x ${columns} at rate ${rate} by ${seed}, ${stream}${added ? " with a residual" : ""}`,
      params,
      buffers: { x, residual, out: x.byteLength },
      expected: { out: expectedDropout(params, { x, residual }) },
    };
  };
  for (const added of [false, true]) {
    for (const rate of [0, 0.1, 0.5, 1 - 2 ** -24].map(Math.fround)) {
      for (const [rows, columns] of SIZES) yield caseOf(rows, columns, rate, 42, 7, added);
    }
    for (const [seed, stream] of KEYS) yield caseOf(9, 1021, 0.5, seed, stream, added);
  }
}
