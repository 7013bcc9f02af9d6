/** Conformance cases of `add_placed`: every element of the updated matrix is looked at, those beside the columns too. */

import { pitch } from "../../../src/kernels/kernel.ts";
import type { addPlaced as kernel } from "../../../src/kernels/training/add_placed.ts";
import { addPlaced } from "../../reference/add_placed.ts";
import { rounding } from "../bounds.ts";
import type { Cases } from "../conformance.ts";
import { matrix, random } from "../data.ts";

/** Rows and columns of what is added, first column, and distance of the rows of the matrix that it is added to. */
const SHAPES = [
  [0, 5, 0, 8],
  [1, 1, 0, 4],
  [1, 1, 4, 8],
  [3, 4, 0, 4],
  [3, 5, 0, 8],
  [3, 5, 4, 16],
  [7, 6, 8, 16],
  [7, 13, 12, 40],
  [2, 31, 32, 64],
  [11, 33, 4, 44],
  [1, 255, 4, 260],
  [1, 257, 0, 260],
  [768, 768, 768, 2304],
] as const;

export function* cases(): Cases<typeof kernel> {
  const next = random(67);
  for (const [rows, columns, at, stride] of SHAPES) {
    const x = matrix(rows, columns, next);
    // Every element, also those to which the padding of x is added: they may be another matrix's columns.
    const out = matrix(rows, stride, next);
    const params = { rows, columns, at, stride };
    const values = addPlaced({ ...params, x, out });
    yield {
      name: `${rows} x ${columns} at ${at} of ${stride}`,
      params,
      buffers: { x: rows === 0 ? 16 : x, out: rows === 0 ? matrix(2, stride, next) : out },
      expected: {
        out: rows === 0
          ? { values: new Float64Array(0), at: new Uint32Array(0) }
          : { values, bound: values.map(rounding) },
      },
    };
  }
  // More workgroups than fit one dimension: the last row is looked at.
  const [rows, columns] = [4099, 4093];
  const stride = pitch(columns) + 4;
  const [x, out] = [new Float32Array(rows * pitch(columns)), new Float32Array(rows * stride)];
  x.set([1, 2, 3], x.length - 6);
  out.set([10, 20, 30, 40, 50, 60], out.length - 6);
  yield {
    name: `${rows} x ${columns} at 4 of ${stride}`,
    params: { rows, columns, at: 4, stride },
    buffers: { x, out },
    expected: {
      out: {
        values: Float64Array.of(11, 22, 33, 40, 50, 60),
        at: Uint32Array.from({ length: 6 }, (_, i) => out.length - 6 + i),
      },
    },
  };
}
