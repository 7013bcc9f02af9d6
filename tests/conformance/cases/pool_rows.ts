/** Conformance cases of `pool_rows`. */

import { POOL_CODES, type poolRows as kernel } from "../../../src/kernels/rows/pool_rows.ts";
import { poolRows } from "../../reference/pool_rows.ts";
import { poolBounds } from "../bounds.ts";
import type { Cases } from "../conformance.ts";
import { matrix, random } from "../data.ts";

/** First row, end, code and position of each segment, which may overlap. */
type Segment = readonly [start: number, end: number, code: number, from: number];

const CODES = Object.entries(POOL_CODES);

/** The segments of a case: none; each way to pool over no row, over one and over many; all ways over the same rows. */
const SEGMENTS: readonly (readonly [name: string, segments: readonly Segment[]])[] = [
  ["none", []],
  ...CODES.map(([name, code]) =>
    [name, [[0, 0, code, 0], [0, 1, code, 0], [0, 1, code, 5], [1, 4, code, 2], [4, 37, code, 0]]] as const
  ),
  ["all at once", CODES.map(([, code]) => [3, 20, code, 3] as const)],
  ["a long text", CODES.map(([, code]) => [0, 512, code, 0] as const)],
];

export function* cases(): Cases<typeof kernel> {
  const next = random(12);
  for (const [name, segments] of SEGMENTS) {
    const table = Uint32Array.from(segments.flat());
    for (const columns of [1, 3, 8, 17, 384]) {
      // Negative columns too, whose largest number is not the largest size.
      const x = matrix(Math.max(0, ...segments.map(([, end]) => end)), columns, () => next() - 0.5);
      const values = poolRows(x, table, columns);
      yield {
        name: `${name} x ${columns}`,
        params: { segments: segments.length, columns },
        buffers: { x, table, out: 4 * values.length },
        expected: { out: { values, bound: poolBounds(x, table, columns) } },
      };
    }
  }
  // More workgroups than fit one dimension: the last segment is looked at.
  const [count, columns] = [1025, 16384];
  const x = matrix(2, columns, next);
  const table = new Uint32Array(4 * count);
  table.set([0, 2, POOL_CODES.mean, 0], 4 * (count - 1));
  yield {
    name: `${count} segments x ${columns}`,
    params: { segments: count, columns },
    buffers: { x, table, out: 4 * count * columns },
    expected: {
      out: {
        values: poolRows(x, Uint32Array.of(0, 2, POOL_CODES.mean, 0), columns),
        at: Uint32Array.from({ length: columns }, (_, i) => (count - 1) * columns + i),
        bound: 2 ** -22,
      },
    },
  };
}
