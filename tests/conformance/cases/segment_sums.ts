/** Conformance cases of `segment_sums`. */

import { pitch } from "../../../src/kernels/kernel.ts";
import { segmentSums as kernel } from "../../../src/kernels/training/rows/segment_sums.ts";
import { inverseIndex } from "../../../src/model/batch/inverse_index.ts";
import { segmentSums } from "../../reference/segment_sums.ts";
import type { Cases } from "../conformance.ts";
import { matrix, random } from "../data.ts";
import { segmentSumBound } from "../gradient_bounds.ts";

/**
 * All segments, and the rows that are shared out among them; the last segment stays empty if there are several. Then the
 * first segment that is summed, and how many are.
 */
const SIZES = [
  [0, 0, 0, 0],
  [1, 0, 0, 1],
  [1, 1, 0, 1],
  [2, 7, 0, 2],
  [2, 7, 1, 1],
  [3, 64, 0, 3],
  [3, 64, 3, 0],
  [31, 33, 0, 31],
  [31, 33, 12, 8],
  [31, 33, 28, 3],
  [2, 513, 0, 2],
  [300, 65, 0, 300],
  [300, 65, 0, 100],
] as const;

export function* cases(): Cases<typeof kernel> {
  const next = random(41);
  for (const constants of kernel.constantSets()) {
    for (const [all, rows, first, segments] of SIZES) {
      const used = all - (all > 1 ? 1 : 0);
      const ids = Uint32Array.from({ length: rows }, () => Math.floor((next() + 1) / 2 * used));
      const index = inverseIndex(ids, { count: all });
      const starts = index.starts.subarray(first, first + segments + 1);
      const { order } = index;
      for (const columns of [1, 3, 31, 257, 768]) {
        const x = matrix(rows, columns, next);
        const sizes = segmentSums({ x: x.map(Math.abs), starts, order, columns });
        const which = first === 0 && segments === all ? "" : `, ${segments} from ${first} on`;
        yield {
          name: `${rows} rows in ${all} segments x ${columns}${which}`,
          constants,
          params: { rows, segments, columns, first },
          buffers: { x: orAny(x), starts: index.starts, order: orAny(order), out: 4 * sizes.length },
          expected: {
            out: {
              values: segmentSums({ x, starts, order, columns }),
              bound: sizes.map((size, i) => {
                const s = Math.floor(i / pitch(columns));
                const held = (starts[s + 1] as number) - (starts[s] as number);
                return segmentSumBound({ rows: held, lanes: constants.LANES as number }, size);
              }),
            },
          },
        };
      }
    }
  }
  // More workgroups than fit one dimension: the last segment is looked at.
  const [segments, columns] = [65537, 4];
  const starts = new Uint32Array(segments + 1);
  starts[segments] = 2;
  yield {
    name: `${segments} segments`,
    params: { rows: 2, segments, columns, first: 0 },
    buffers: {
      x: Float32Array.of(1, 2, 3, 4, 10, 20, 30, 40),
      starts,
      order: Uint32Array.of(1, 0),
      out: 16 * segments,
    },
    expected: {
      out: {
        values: Float64Array.of(0, 0, 0, 0, 11, 22, 33, 44),
        at: Uint32Array.from({ length: 8 }, (_, i) => (segments - 2) * columns + i),
      },
    },
  };
}

/** The data, or bytes enough for a binding that nothing is read of. */
function orAny<T extends { length: number }>(data: T): T | number {
  return data.length === 0 ? 16 : data;
}
