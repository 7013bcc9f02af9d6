/** Conformance cases of `sum_squares`. */

import { partialsOf, type sumSquares as kernel } from "../../../src/kernels/training/optimizer/sum_squares.ts";
import type { Cases } from "../conformance.ts";
import { random } from "../data.ts";
import { expectedSquares } from "../optimizer_bounds.ts";

const LANES = 64;

/** What the elements around the written ones hold. */
const UNTOUCHED = 7;

export function* cases(): Cases<typeof kernel> {
  const next = random(37);
  const caseOf = (name: string, x: Float32Array<ArrayBuffer>, at: number) => {
    const params = { count: x.length, at };
    const partials = partialsOf(x.length);
    const { values, at: places, bound } = expectedSquares(params, { x, lanes: LANES });
    // The elements before and behind stay as they are, where they can be compared with the others.
    const around = values instanceof Float64Array ? [...Array(at).keys(), at + partials] : [];
    return {
      name,
      params,
      buffers: { x, out: new Float32Array(at + partials + 1).fill(UNTOUCHED) },
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
  for (const count of [0, 4, 252, 256, 260, 1020, 4096, 4100, 8192, 768 * 31]) {
    for (const at of [0, 3]) yield caseOf(`${count} elements to ${at}`, Float32Array.from({ length: count }, next), at);
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
