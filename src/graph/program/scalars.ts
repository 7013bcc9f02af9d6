/** Checks the scalars of a call against those that its graph declares. */

import type { Scalar, Scalars } from "../shape.ts";

/** One more than the largest u32. */
const U32_END = 2 ** 32;

/**
 * Refuses a call's scalars if one is missing, not declared, or not of its type.
 *
 * @throws {Error} Naming the first that is missing or undeclared.
 * @throws {RangeError} Naming the first that is not a u32, or not a finite number.
 */
export function checkScalars(declared: ReadonlyMap<string, Scalar>, given: Scalars): void {
  for (const { name, dtype } of declared.values()) {
    const value = given[name];
    if (value === undefined) throw new Error(`Cannot run the program: scalar "${name}" is missing`);
    const fits = dtype === "f32" ? Number.isFinite(value) : Number.isInteger(value) && value >= 0 && value < U32_END;
    if (fits) continue;
    const expected = dtype === "f32" ? "a finite number" : `a whole number from 0 to ${U32_END - 1}`;
    throw new RangeError(`Cannot run the program: scalar "${name}" must be ${expected}, got ${value}`);
  }
  for (const name of Object.keys(given)) {
    if (declared.has(name)) continue;
    const known = [...declared.keys()].join(", ") || "none";
    throw new Error(`Cannot run the program: scalar "${name}" is not declared; the graph declares ${known}`);
  }
}

/** Whether a call's scalars are those of an earlier call, which were checked. `count` is the number declared. */
export function sameScalars(given: Scalars, checked: Scalars, { count }: { count: number }): boolean {
  let same = 0;
  for (const name in given) {
    if (given[name] !== checked[name]) return false;
    same++;
  }
  return same === count;
}
