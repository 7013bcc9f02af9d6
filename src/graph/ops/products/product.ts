/** The operands of a product over views, and their checks: each matrix must lie inside its value. */

import { PRODUCT_ACTIVATIONS, type ProductActivation } from "../../../kernels/rows/activation.ts";
import { pitch } from "../../../kernels/kernel.ts";
import type { OutputSpec } from "../../kernel_call.ts";
import type { TypesOf } from "../../op.ts";
import { type Extent, extentText, factorsOf, lastOf } from "../../shape.ts";
import { expectFours, expectType, Mismatch } from "../../types.ts";
import type { Type, Value } from "../../value.ts";

/** Where a matrix, or one per batch, lies inside a value. Distances are in elements, multiples of 4. */
export interface Placed {
  offset?: number;
  /** Distance of rows; by default the pitch of the value's last dimension. */
  stride?: number;
  /** Distance of the matrices of neighbouring batches. */
  batch?: number;
  /** Whether the matrix is stored transposed. */
  transposed?: boolean;
}

/** A matrix inside a value. */
export interface View extends Placed {
  value: Value;
}

/** What the function `matmul` takes: `out[b] = activation(a[b] b[b] + bias[b] * scale) + residual[b]`. */
export interface MatmulCall {
  label: string;
  a: View;
  b: View;
  /** m: rows of a. n: columns of b. k: columns of a, and rows of b. */
  m: Extent;
  n: Extent;
  k: Extent;
  /** Number of matrices; one if left out. */
  batch?: Extent;
  out: OutputSpec & Placed;
  bias?: { value: Value; offset?: number; batch?: number; scale?: Value };
  activation?: ProductActivation;
  /** Has the layout of the output. */
  residual?: Value;
  /** A value as `out` describes it, of which the product writes its part in place: the result is its next version. */
  into?: Value;
}

/** The values of a product. */
export type ProductInputs = { a: Value; b: Value; bias?: Value; scale?: Value; residual?: Value; into?: Value };

/** The attributes of a product. */
export interface ProductAttributes {
  a: Placed;
  b: Placed;
  m: Extent;
  n: Extent;
  k: Extent;
  batch: Extent;
  out: OutputSpec & Placed;
  bias: { offset: number; batch: number };
  activation: ProductActivation;
}

/**
 * Checks the operands of a product, as far as their sizes are known before a call.
 *
 * @throws {Mismatch} Naming the first operand that does not fit.
 */
export function checkProduct(types: TypesOf<ProductInputs>, attributes: ProductAttributes, out: Type): void {
  const { a, b, bias, scale, residual, into } = types;
  const { m, n, k, batch, activation } = attributes;
  if (!(activation in PRODUCT_ACTIVATIONS)) {
    const expected = Object.keys(PRODUCT_ACTIVATIONS).join(", ");
    throw new Mismatch(`activation must be one of ${expected}, got ${activation}`, RangeError);
  }
  checkView("a", a, attributes.a, attributes.a.transposed ? [k, m] : [m, k], batch);
  checkView("b", b, attributes.b, attributes.b.transposed ? [n, k] : [k, n], batch, ["f32", "f16"]);
  checkView("out", out, attributes.out, [m, n], batch);
  if (bias !== undefined) {
    expectType("bias", bias, { dtype: "f32", layout: "pitched" });
    const { offset, batch: distance } = attributes.bias;
    expectFours("offset of bias", offset);
    expectFours("batch of bias", distance);
    const held = heldBy(bias);
    const { symbols } = factorsOf(n);
    if (symbols !== "" && symbols !== held.symbols) throw tooShort("bias", bias, extentText(n));
    expectInside("bias", bias, { held, offset, steps: [[batch, distance], [n, 1]] });
  }
  if (scale !== undefined) {
    const rows = typeof m === "object" ? "*" : m;
    const columns = typeof batch === "object" ? "*" : batch;
    expectType("scale of bias", scale, { dtype: "f32", shape: [rows, columns], layout: "tight" });
    if (bias === undefined) throw new Mismatch("scale must come with a bias, got none");
  }
  if (residual !== undefined) expectType("residual", residual, { dtype: "f32", shape: out.shape, layout: "pitched" });
  if (into !== undefined) expectType("into", into, { dtype: "f32", shape: out.shape, layout: "pitched" });
}

/** Checks a view whose matrices are stored as `[rows, columns]`. */
function checkView(
  thing: string,
  type: Type,
  { offset = 0, stride, batch: distance = 0 }: Placed,
  [rows, columns]: readonly [Extent, Extent],
  batch: Extent,
  dtype: readonly ("f32" | "f16")[] = ["f32"],
): void {
  expectType(thing, type, { dtype, shape: ["…", "*"], layout: "pitched" });
  expectFours(`offset of ${thing}`, offset);
  expectFours(`batch of ${thing}`, distance);
  const last = lastOf(type.shape);
  if (stride !== undefined) expectFours(`stride of ${thing}`, stride);
  const step = stride ?? (typeof last === "number" ? pitch(last) : null);
  if (step === null) {
    expectSame(`columns of ${thing}`, columns, last);
    expectSame(`rows of ${thing}`, rows, type.shape.slice(0, -1));
    expectZero(`offset of ${thing}`, offset);
    if (factorsOf(batch).symbols !== "" || factorsOf(batch).factor > 1) expectZero(`batch of ${thing}`, distance);
    return;
  }
  const matrices = factorsOf(batch);
  const width = factorsOf(columns);
  // Matrices lie side by side in the same rows, or one behind the other.
  const sideBySide = distance < step;
  if (width.symbols === "" && (!sideBySide || distance === 0 || matrices.symbols === "")) {
    const before = sideBySide ? Math.max(0, matrices.factor - 1) * distance : 0;
    const end = offset % Math.max(1, step) + before + width.factor;
    if (end > step) {
      throw new Mismatch(`${thing} must have rows of ${end} columns or more, got [${type.shape.join(", ")}]`);
    }
  }
  if (offset < step && sideBySide) expectRows(thing, type, { rows, step });
  const steps = [[batch, distance], [rows, step], [columns, 1]] as const;
  if (typeof last === "number") expectInside(thing, type, { held: heldBy(type), offset, steps });
}

/** Elements of a value, padding included, as a factor and symbols. */
function heldBy({ shape }: Type): ReturnType<typeof factorsOf> {
  const last = lastOf(shape);
  return factorsOf([...shape.slice(0, -1), typeof last === "number" ? pitch(last) : last]);
}

/**
 * Checks that what a product reads or writes ends inside its value, whatever the call's sizes are. If they are of other
 * symbols than the value's, only a call knows.
 *
 * @param steps Counts of what lies how far apart: of batches, of rows, of columns.
 */
function expectInside(
  thing: string,
  type: Type,
  { held, offset, steps }: {
    held: ReturnType<typeof factorsOf>;
    offset: number;
    steps: readonly (readonly [count: Extent, distance: number])[];
  },
): void {
  // The last element lies at the offset plus each (count - 1) * distance. Its part that grows with the symbols is apart.
  let fixed = offset + 1;
  let growing = 0;
  for (const [count, distance] of steps) {
    const { factor, symbols } = factorsOf(count);
    if (factor === 0) return;
    if (distance === 0) continue;
    fixed -= distance;
    if (symbols === "") fixed += factor * distance;
    else if (symbols === held.symbols) growing += factor * distance;
    else return;
  }
  if (growing === 0 && held.symbols !== "") return;
  // The symbols' product is 1 or more, or nothing is read: what fits then, and grows no faster than the value, fits.
  if (growing <= held.factor && fixed + growing <= held.factor) return;
  throw tooShort(thing, type, elementsText(growing, fixed, held.symbols));
}

/** `growing * symbols + fixed` in words. */
function elementsText(growing: number, fixed: number, symbols: string): string {
  if (growing === 0) return `${fixed}`;
  const product = extentText([...(growing === 1 ? [] : [growing]), ...symbols.split(" ")]);
  return fixed === 0 ? product : `${product} ${fixed < 0 ? "-" : "+"} ${Math.abs(fixed)}`;
}

function tooShort(thing: string, { shape }: Type, elements: string): Mismatch {
  return new Mismatch(`${thing} must have ${elements} elements or more, got [${shape.join(", ")}]`);
}

function expectZero(thing: string, found: number): void {
  if (found === 0) return;
  throw new Mismatch(`${thing} must be 0 in a value that the product takes whole, got ${found}`, RangeError);
}

/** Checks the number of rows of a value whose rows lie `step` apart: a view uses all of them. */
function expectRows(thing: string, type: Type, { rows, step }: { rows: Extent; step: number }): void {
  const needed = factorsOf([...(Array.isArray(rows) ? rows : [rows]), step]);
  const there = heldBy(type);
  if (needed.symbols === there.symbols && needed.factor === there.factor) return;
  throw new Mismatch(`${thing} must have ${extentText(rows)} rows, got [${type.shape.join(", ")}]`);
}

function expectSame(thing: string, expected: Extent, found: Extent): void {
  const [one, other] = [factorsOf(expected), factorsOf(found)];
  if (one.factor === other.factor && one.symbols === other.symbols) return;
  throw new Mismatch(`${thing} must be ${extentText(expected)}, got ${extentText(found)}`);
}
