/** Conformance cases of `mean_rows`. */

import { pitch } from "../../../src/kernels/kernel.ts";
import type { meanRows as kernel } from "../../../src/kernels/rows/mean_rows.ts";
import { meanRows } from "../../reference/mean_rows.ts";
import { meanBound } from "../bounds.ts";
import type { Cases } from "../conformance.ts";
import { matrix, random } from "../data.ts";

/** Rows of each segment: none at all, empty ones at both ends and between, and as many as a long text has. */
const SEGMENTS = [[], [0], [1], [0, 3, 0, 1, 0], [31, 32, 33], [512, 7]];

export function* cases(): Cases<typeof kernel> {
  const next = random(11);
  for (const lengths of SEGMENTS) {
    const starts = startsOf(lengths);
    for (const columns of [1, 3, 8, 17, 384]) {
      const x = matrix(lengths.reduce((a, b) => a + b, 0), columns, next);
      const sizes = meanRows(x.map(Math.abs), starts, columns);
      yield {
        name: `rows ${lengths.join("+") || "none"} x ${columns}`,
        params: { segments: lengths.length, columns },
        buffers: { x, starts, out: 4 * sizes.length },
        expected: {
          out: {
            values: meanRows(x, starts, columns),
            bound: sizes.map((size, i) => meanBound(lengths[Math.floor(i / pitch(columns))] as number, size)),
          },
        },
      };
    }
  }
  // More workgroups than fit one dimension: the last segment is looked at.
  const [segments, columns] = [1025, 16384];
  const x = matrix(2, columns, next);
  yield {
    name: `${segments} segments x ${columns}`,
    params: { segments, columns },
    buffers: { x, starts: startsOf([...new Array(segments - 1).fill(0), 2]), out: 4 * segments * columns },
    expected: {
      out: {
        values: meanRows(x, startsOf([2]), columns),
        at: Uint32Array.from({ length: columns }, (_, i) => (segments - 1) * columns + i),
        bound: 2 ** -22,
      },
    },
  };
}

function startsOf(lengths: readonly number[]): Uint32Array<ArrayBuffer> {
  const starts = new Uint32Array(lengths.length + 1);
  lengths.forEach((length, s) => starts[s + 1] = (starts[s] as number) + length);
  return starts;
}
