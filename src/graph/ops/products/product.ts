/** The operands of a product over views, and their checks: each matrix must lie inside its value. */

import { ACTIVATION_CODES, type ActivationName } from "../../../kernels/rows/activation.ts";
import { pitch } from "../../../kernels/kernel.ts";
import type { OutputSpec } from "../../graph.ts";
import type { TypesOf } from "../../op.ts";
import { type Dim, type Extent, extentText, factorsOf, lastOf } from "../../shape.ts";
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

/** The values of a product. */
export type ProductInputs = { a: Value; b: Value; bias?: Value; scale?: Value; residual?: Value };

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
  activation: ActivationName;
}

/**
 * Checks the operands of a product, as far as their sizes are known before a call.
 *
 * @throws {Mismatch} Naming the first operand that does not fit.
 */
export function checkProduct(types: TypesOf<ProductInputs>, attributes: ProductAttributes, out: Type): void {
  const { a, b, bias, scale, residual } = types;
  const { m, n, k, batch, activation } = attributes;
  if (!(activation in ACTIVATION_CODES)) {
    const expected = Object.keys(ACTIVATION_CODES).join(", ");
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
    const elements = elementsOf(bias);
    if (elements !== null && typeof n === "number" && typeof batch === "number") {
      const end = offset + (batch - 1) * distance + n;
      if (end > elements) {
        throw new Mismatch(`bias must have ${end} elements or more, got [${bias.shape.join(", ")}]`);
      }
    }
  }
  if (scale !== undefined) {
    const rows = typeof m === "object" ? "*" : m;
    const columns = typeof batch === "object" ? "*" : batch;
    expectType("scale of bias", scale, { dtype: "f32", shape: [rows, columns], layout: "tight" });
    if (bias === undefined) throw new Mismatch("scale must come with a bias, got none");
  }
  if (residual !== undefined) expectType("residual", residual, { dtype: "f32", shape: out.shape, layout: "pitched" });
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
    return;
  }
  const matrices = factorsOf(batch);
  const width = factorsOf(columns);
  // Matrices lie side by side in the same rows, or one behind the other.
  const sideBySide = distance < step;
  if (width.symbols === "" && matrices.symbols === "" && (sideBySide || matrices.factor === 1)) {
    const end = offset % Math.max(1, step) + (matrices.factor - 1) * distance + width.factor;
    if (end > step) {
      throw new Mismatch(`${thing} must have rows of ${end} columns or more, got [${type.shape.join(", ")}]`);
    }
  }
  if (offset < step && sideBySide) expectRows(thing, type, { rows, step });
}

/** Checks the number of rows of a value whose rows lie `step` apart: a view uses all of them. */
function expectRows(thing: string, type: Type, { rows, step }: { rows: Extent; step: number }): void {
  const last = lastOf(type.shape) as Dim;
  const held = [...type.shape.slice(0, -1), typeof last === "number" ? pitch(last) : last];
  const needed = factorsOf([...(Array.isArray(rows) ? rows : [rows]), step]);
  const there = factorsOf(held);
  if (needed.symbols === there.symbols && needed.factor === there.factor) return;
  throw new Mismatch(`${thing} must have ${extentText(rows)} rows, got [${type.shape.join(", ")}]`);
}

function expectSame(thing: string, expected: Extent, found: Extent): void {
  const [one, other] = [factorsOf(expected), factorsOf(found)];
  if (one.factor === other.factor && one.symbols === other.symbols) return;
  throw new Mismatch(`${thing} must be ${extentText(expected)}, got ${extentText(found)}`);
}

/** Elements of a value, padding included; null if only a call knows. */
function elementsOf({ shape }: Type): number | null {
  let elements = 1;
  for (const dim of shape) {
    if (typeof dim !== "number") return null;
    elements *= dim;
  }
  const last = lastOf(shape);
  return typeof last === "number" && last > 0 ? elements / last * pitch(last) : elements;
}
