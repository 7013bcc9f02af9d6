/** How far what a kernel wrote is from what its twin computes, in units of the bound. */

import type { Expected } from "../../tests/conformance/conformance.ts";

/** The element with the largest error in units of its bound. */
export interface Worst {
  /** Its place among the elements of the value, row padding included. */
  readonly index: number;
  readonly expected: number;
  readonly found: number;
  readonly bound: number;
  /** The error in units of the bound: more than 1 is wrong, Infinity if the value must be exact and is not. */
  readonly ratio: number;
}

/** What {@linkcode judge} finds. */
export interface Judgement {
  /** Null if nothing had to be written. */
  readonly worst: Worst | null;
  /** How many elements are out of their bounds, of how many that had to be written. */
  readonly wrong: number;
  readonly count: number;
  /** The first element that holds no finite number; null if all do. */
  readonly infinite: number | null;
}

/** Compares what a kernel wrote with what it must have written. */
export function judge(found: Float32Array | Uint32Array, { values, at, bound = 0 }: Expected): Judgement {
  const exact = !(values instanceof Float64Array);
  const read = exact ? bitsOf(found) : found;
  const limitOf = (i: number) => exact ? 0 : typeof bound === "number" ? bound : bound[i] ?? 0;
  let worst: Worst | null = null;
  let wrong = 0;
  let infinite: number | null = null;
  for (let i = 0; i < values.length; i++) {
    const index = at === undefined ? i : at[i] as number;
    const expected = values[i] as number;
    const one = { found: read[index] ?? NaN, expected, bound: limitOf(i) };
    const ratio = exact ? (one.found === expected ? 0 : Infinity) : ratioOf(one);
    if (ratio > 1) wrong++;
    if (infinite === null && !Number.isFinite(found[index])) infinite = index;
    if (worst !== null && ratio <= worst.ratio) continue;
    worst = {
      index,
      expected: numberOf(expected, { exact, found }),
      found: found[index] ?? NaN,
      bound: limitOf(i),
      ratio,
    };
  }
  return { worst, wrong, count: values.length, infinite };
}

/** A number that is the expected one when rounded to f32 has no error: both may be NaN, or beyond all f32. */
function ratioOf({ found, expected, bound }: { found: number; expected: number; bound: number }): number {
  if (Object.is(found, Math.fround(expected)) || found === expected) return 0;
  const error = Math.abs(found - expected);
  return bound > 0 && Number.isFinite(error) ? error / bound : Infinity;
}

function bitsOf(data: Float32Array | Uint32Array): Uint32Array {
  return data instanceof Uint32Array ? data : new Uint32Array(data.buffer, data.byteOffset, data.length);
}

/** An expected number as the value's type has it: bits of f32 as f32. */
function numberOf(
  expected: number,
  { exact, found }: { exact: boolean; found: Float32Array | Uint32Array },
): number {
  if (!exact || found instanceof Uint32Array) return expected;
  return new Float32Array(Uint32Array.of(expected).buffer)[0] as number;
}
