/** Checks of the types of an op's inputs, and the error of one that does not fit. */

import type { Dim } from "./shape.ts";
import type { Dtype, Type } from "./value.ts";

/** What is wrong with an op's input or attribute. `apply` turns it into an error of `kind` that names the op. */
export class Mismatch extends Error {
  readonly kind: typeof TypeError | typeof RangeError;

  constructor(message: string, kind: typeof TypeError | typeof RangeError = TypeError) {
    super(message);
    this.kind = kind;
  }
}

/** A dimension that a shape must have; `*` matches any one, and a leading `…` any number of them. */
export type DimPattern = Dim | "*" | "…";

/** What {@linkcode expectType} asks for; what is left out may be anything. */
export interface TypePattern {
  dtype?: Dtype | readonly Dtype[];
  shape?: readonly DimPattern[];
  /**
   * `pitched` for matrices that kernels read four columns at a time; `tight` for what is read element by element. A
   * tensor fits both if its width is a multiple of 4. A vector is always tight.
   */
  layout?: "pitched" | "tight";
}

/**
 * Checks a value against a pattern: dtype, then shape, then layout.
 *
 * @throws {Mismatch} Naming the thing, what it must be, and what it is.
 */
export function expectType(thing: string, type: Type, { dtype, shape, layout }: TypePattern): void {
  const dtypes = dtype === undefined || typeof dtype === "string" ? [dtype ?? type.dtype] : dtype;
  if (!dtypes.includes(type.dtype)) {
    throw new Mismatch(`${thing} must be ${dtypes.join(" or ")}, got ${typeText(type)}`);
  }
  if (shape !== undefined && !hasShape(type.shape, shape)) {
    throw new Mismatch(`${thing} must be [${shape.join(", ")}], got [${type.shape.join(", ")}]`);
  }
  if (layout === undefined || type.layout === layout) return;
  const last = type.shape.at(-1) ?? 1;
  if (typeof last === "number" && last % 4 === 0) return;
  if (layout === "tight" && type.shape.length === 1) return;
  throw new Mismatch(`${thing} must be ${layout}, got ${typeText(type)}`);
}

/** Checks a row vector of f32, `[columns]` or `[1, columns]`, padded with zeros to its pitch. */
export function expectVector(thing: string, type: Type, columns: Dim): void {
  const shape = type.shape.length === 1 ? [columns] : [1, columns];
  expectType(thing, type, { dtype: "f32", shape, layout: "pitched" });
}

/** Checks a whole number between bounds. @throws {Mismatch} Of kind RangeError. */
export function expectWhole(thing: string, value: number, [least, most]: readonly [number, number]): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  const expected = most === Infinity ? `from ${least}` : `from ${least} to ${most}`;
  throw new Mismatch(`${thing} must be a whole number ${expected}, got ${value}`, RangeError);
}

/** Checks an element offset or distance, which kernels count in fours. @throws {Mismatch} Of kind RangeError. */
export function expectFours(thing: string, value: number): void {
  if (Number.isInteger(value) && value >= 0 && value % 4 === 0) return;
  throw new Mismatch(`${thing} must be a multiple of 4, got ${value}`, RangeError);
}

/** Checks a number. @throws {Mismatch} Of kind RangeError. */
export function expectNumber(thing: string, value: number, { positive = false } = {}): void {
  if (Number.isFinite(value) && (!positive || value > 0)) return;
  throw new Mismatch(`${thing} must be a ${positive ? "positive" : "finite"} number, got ${value}`, RangeError);
}

/** Checks a part of a whole that leaves something. @throws {Mismatch} Of kind RangeError. */
export function expectFraction(thing: string, value: number): void {
  if (value >= 0 && value < 1) return;
  throw new Mismatch(`${thing} must be from 0 to less than 1, got ${value}`, RangeError);
}

/** A type in words: `u32 [R]`, `f16 [12, 8]`, `tight f32 [2, 3]`. Only a tight f32 names its layout. */
export function typeText({ dtype, shape, layout }: Type): string {
  return `${layout === "tight" && dtype === "f32" ? "tight " : ""}${dtype} [${shape.join(", ")}]`;
}

/** Whether two types are the same to a kernel. */
export function sameTypes(one: Type, other: Type): boolean {
  return one.dtype === other.dtype && one.layout === other.layout && String(one.shape) === String(other.shape);
}

function hasShape(shape: readonly Dim[], pattern: readonly DimPattern[]): boolean {
  const leading = pattern[0] === "…";
  const dims = leading ? pattern.slice(1) : pattern;
  if (leading ? shape.length < dims.length : shape.length !== dims.length) return false;
  const first = shape.length - dims.length;
  return dims.every((dim, i) => dim === "*" || dim === shape[first + i]);
}
