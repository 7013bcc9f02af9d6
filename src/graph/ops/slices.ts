/** Tables in slices as inputs of ops: values with some of the rows each, one below the other. */

import { type Dim, lastOf } from "../shape.ts";
import { expectType, Mismatch } from "../types.ts";
import type { Type } from "../value.ts";

/** The slices of a table by the names of an op's inputs: `slice0`, `slice1`, … */
export type Slices<T> = { readonly [name: `slice${number}`]: T };

/** A slice, and the number of its first row among those of the table. */
export interface Slice<T> {
  readonly name: keyof Slices<T>;
  readonly value: T;
  readonly first: number;
  readonly rows: number;
}

/** Slices as inputs of an op, or their gradients. */
export function namedSlices<T>(values: readonly T[]): Slices<T> {
  return Object.fromEntries(values.map((value, i) => [`slice${i}`, value]));
}

/** The slices among the inputs of an op. */
export function slicesOf<T extends Type>(inputs: Slices<T>): Slice<T>[] {
  const slices: Slice<T>[] = [];
  for (let i = 0, first = 0;; i++) {
    const name = `slice${i}` as const;
    const value = inputs[name];
    if (value === undefined) return slices;
    const rows = value.shape[0] as number;
    slices.push({ name, value, first, rows });
    first += rows;
  }
}

/** Rows of a table in slices. */
export function rowsOfSlices<T extends Type>(slices: readonly Slice<T>[]): number {
  return slices.reduce((sum, { rows }) => sum + rows, 0);
}

/**
 * Checks the slices of a table.
 *
 * @param columns That the table must have; any if left out.
 * @throws {Mismatch} If there are none, or if they differ in type or width, or if one but the last has rows that are no
 *   multiple of 4.
 */
export function checkSlices(slices: readonly Slice<Type>[], columns?: Dim): void {
  const [first] = slices;
  if (first === undefined) throw new Mismatch("slices must be one or more, got none");
  expectType(first.name, first.value, { dtype: ["f32", "f16"], shape: ["*", columns ?? "*"], layout: "pitched" });
  const { dtype } = first.value;
  for (const { name, value, rows } of slices) {
    expectType(name, value, { dtype, shape: ["*", columns ?? lastOf(first.value.shape)], layout: "pitched" });
    const isLast = name === slices.at(-1)?.name;
    if (typeof rows === "number" && (isLast || rows % 4 === 0)) continue;
    const expected = isLast ? "a fixed number of rows" : "a multiple of 4 rows, as all but the last";
    throw new Mismatch(`${name} must have ${expected}, got [${value.shape.join(", ")}]`);
  }
}
