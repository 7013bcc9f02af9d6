/** Conformance cases of `sum_squares`. */

import { partialsOf, type sumSquares as kernel } from "../../../src/kernels/training/optimizer/sum_squares.ts";
import { pieceOf, SIZES, type Sizes, sizesText } from "../column_ranges.ts";
import type { Cases } from "../conformance.ts";
import { random } from "../data.ts";
import { expectedSquares } from "../optimizer_bounds.ts";

const LANES = 64;

/** What the elements around the written ones hold. */
const UNTOUCHED = 7;

export function* cases(): Cases<typeof kernel> {
  const next = random(37);
  const caseOf = (
    name: string,
    x: Float32Array<ArrayBuffer>,
    to: number,
    { gaps: GAPS, ...columns }: Sizes = pieceOf(x.length),
  ) => {
    const params = { ...columns, to };
    const partials = partialsOf(columns.rows * columns.columns);
    const { values, at: places, bound } = expectedSquares(params, { x, lanes: LANES });
    // The elements before and behind stay as they are, where they can be compared with the others.
    const around = values instanceof Float64Array ? [...Array(to).keys(), to + partials] : [];
    return {
      name,
      constants: { GAPS },
      params,
      buffers: { x, out: new Float32Array(to + partials + 1).fill(UNTOUCHED) },
      expected: {
        out: values instanceof Float64Array
          ? {
            values: Float64Array.of(...values, ...around.map(() => UNTOUCHED)),
            at: Uint32Array.of(...places!, ...around),
            bound: Float64Array.of(...bound as Float64Array, ...around.map(() => 0)),
          }
          : { values, at: places! },
      },
    };
  };
  for (const size of SIZES.filter(({ gaps }) => gaps === 1)) {
    const { rows, columns, at, stride } = size;
    // What is not finite beside the columns is not read.
    const beside = (i: number) => i % stride < at || i % stride >= at + columns;
    const x = Float32Array.from({ length: Math.max(rows, 1) * stride }, (_, i) => beside(i) ? NaN : next());
    yield caseOf(sizesText(size), x, 2, size);
  }
  for (const count of [0, 4, 252, 256, 260, 1020, 4096, 4100, 8192, 768 * 31]) {
    for (const to of [0, 3]) yield caseOf(`${count} elements to ${to}`, Float32Array.from({ length: count }, next), to);
  }
  for (const scale of [1e-15, 1e15]) {
    yield caseOf(`elements up to ${scale}`, Float32Array.from({ length: 5120 }, () => scale * next()), 1);
  }
  for (
    const [what, value] of [["NaN", NaN], ["an infinity", -Infinity], ["2^62", 2 ** 62], ["-3e38", -3e38]] as const
  ) {
    for (const place of [0, 2, 5119]) {
      const x = Float32Array.from({ length: 5120 }, next);
      x[place] = value;
      yield caseOf(`${what} as element ${place}`, x, 2);
    }
  }
  yield caseOf("squares that are finite, and a sum that is not", new Float32Array(64).fill(2 ** 61), 1);
  const x = Float32Array.from({ length: 768 * 3072 }, next);
  yield caseOf(`${x.length} elements`, x, 5);
}
