/** Conformance cases of `attention_dropout`: its masks are those that TypeScript draws, so both have the same random bits. */

import type { Params } from "../../../src/kernels/kernel.ts";
import type { attentionDropout as kernel } from "../../../src/kernels/training/attention/attention_dropout.ts";
import { dropout } from "../../reference/dropout.ts";
import type { Cases, ConformanceCase, Expected } from "../conformance.ts";
import { random } from "../data.ts";

/** Rows and columns; 8 rows are a workgroup, and 32 columns a turn of their lanes. */
const SIZES = [[0, 8], [3, 0], [1, 4], [3, 8], [7, 32], [8, 36], [9, 68], [65, 128], [36, 512]] as const;

/** Seeds and streams, with bits in every place. */
const KEYS = [[1, 0], [0xffffffff, 0xfffffffe], [0xdeadbeef, 0x89abcdef]] as const;

export function* cases(): Cases<typeof kernel> {
  for (const rate of [0, 0.1, 0.5, 1 - 2 ** -24].map(Math.fround)) {
    for (const [rows, columns] of SIZES) yield dropoutCase({ rows, columns, rate });
  }
  for (const [seed, stream] of KEYS) yield dropoutCase({ rows: 9, columns: 1020, rate: 0.5, seed, stream });
  yield dropoutCase({ rows: 8 * 65535 + 9, columns: 4, rate: 0.5 }); // more workgroups than fit one dimension
}

/** A case of probabilities below 1. */
export function dropoutCase(
  { rows, columns, rate, seed = 42, stream = 7 }: Record<"rows" | "columns" | "rate", number> & {
    seed?: number;
    stream?: number;
  },
): ConformanceCase<keyof typeof kernel.params, keyof typeof kernel.bindings> {
  const next = random(rows + columns);
  const p = Float32Array.from({ length: rows * columns }, () => Math.abs(next()));
  const params = { rows, columns, seed, stream, threshold: Math.ceil(rate * 2 ** 32), scale: 1 / (1 - rate) };
  return {
    name: `${rows} x ${columns} at rate ${rate} by ${seed}, ${stream}`,
    params,
    buffers: { p, dropped: p.byteLength, sums: 4 * rows },
    expected: expectedAttentionDropout(params, p),
  };
}

/** What remains of p, with a rounding each, and the sums: a rounding for each addition in a lane and in the tree. */
export function expectedAttentionDropout(
  { rows, columns, seed, stream, threshold, scale }: Params<keyof typeof kernel.params>,
  p: Float32Array,
): { dropped: Expected; sums: Expected } {
  const values = dropout({ x: p, residual: null, seed, stream, threshold, scale: Math.fround(scale) });
  const sums = new Float64Array(rows);
  values.forEach((value, i) => sums[Math.floor(i / columns)]! += value);
  return {
    dropped: { values, bound: threshold === 0 ? 0 : values.map((value) => 2 ** -24 * value) },
    sums: { values: sums, bound: sums.map((sum) => (columns / 32 + 8) * 2 ** -24 * sum) },
  };
}
