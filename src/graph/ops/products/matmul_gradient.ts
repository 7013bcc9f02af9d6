/** The gradients of products over views. */

import { pitch } from "../../../kernels/kernel.ts";
import type { Graph } from "../../graph.ts";
import type { GradientSite } from "../../op.ts";
import { type Extent, factorsOf, lastOf } from "../../shape.ts";
import type { Value } from "../../value.ts";
import { addPlaced } from "../training/add_placed.ts";
import { columnSums } from "../training/column_sums.ts";
import { groupDots } from "../training/group_dots.ts";
import { scaleGroups } from "../training/scale_groups.ts";
import type { MatmulCall, Placed, ProductAttributes, ProductInputs } from "./product.ts";

type Site = GradientSite<ProductInputs, ProductAttributes, { out: Value }>;

/** A product, as the functions here trace it. */
type Product = (g: Graph, call: MatmulCall) => Value;

/** A matrix of a product: where it lies in its value, and its size as stored. */
interface Stored extends Placed {
  value: Value;
  rows: Extent;
  columns: Extent;
}

/**
 * Traces the gradients of a product without activation:
 *
 *     da[b] = dout[b] b[b]^T      db[b] = a[b]^T dout[b]      dbias[b] = sum over rows of dout[b] * scale[b]
 *
 * The bias's scale is the sum of attention probabilities. That is constant without dropout, so only graphs that drop
 * trace its gradient, `dscale[r, b] = sum over n of dout[b, r, n] * bias[b, n]`.
 *
 * @param product The op itself, which cannot be imported here.
 * @throws {Error} If a part of a value is used in a way whose gradient is not supported.
 */
export function matmulGradient(g: Graph, at: Site, dout: Value, product: Product): Partial<ProductInputs> {
  const { label, inputs: { a, b, bias, residual }, attributes } = at;
  const { m, n, k, out, activation, a: placedA, b: placedB } = attributes;
  if (activation !== "none") {
    throw new Error(
      `Cannot differentiate ${label} (matmul): activation must be "none", got "${activation}"; trace it as an op of its own`,
    );
  }
  if (at.inputs.into !== undefined) {
    throw new Error(
      `Cannot differentiate ${label} (matmul): it must write all of its result, got one that writes a part of ` +
        `"${at.inputs.into.path}"; a weight in slices is an op of its own, linear_slices`,
    );
  }
  const made = { value: dout, ...placeOf(out) };
  const [left, right] = [{ value: a, ...placedA }, { value: b, ...placedB }];
  const found: Partial<Record<keyof ProductInputs, Value>> = {};
  const add = (input: "a" | "b", stored: Stored, call: Pick<MatmulCall, "a" | "b" | "k">) => {
    const gradient = gradientOf(g, at, { input, stored, call, product });
    if (gradient !== null) found[input] = gradient;
  };
  if (at.wanted("a")) {
    if (placedA.transposed) add("a", { ...left, rows: k, columns: m }, { a: right, b: flipped(made), k: n });
    else add("a", { ...left, rows: m, columns: k }, { a: made, b: flipped(right), k: n });
  }
  if (at.wanted("b")) {
    if (placedB.transposed) add("b", { ...right, rows: n, columns: k }, { a: flipped(made), b: left, k: m });
    else add("b", { ...right, rows: k, columns: n }, { a: flipped(left), b: made, k: m });
  }
  if (bias !== undefined && at.wanted("bias")) {
    const gradient = biasGradient(g, at, bias, dout);
    if (gradient !== null) found.bias = gradient;
  }
  if (bias !== undefined && at.inputs.scale !== undefined && g.drops && at.wanted("scale")) {
    const { size } = sideBySide(at, dout);
    const { offset } = at.attributes.bias;
    found.scale = groupDots(g, { label: `${label}.gradient.scale`, x: dout, y: bias, size, at: offset });
  }
  if (residual !== undefined) found.residual = dout;
  return found;

  function biasGradient(g: Graph, at: Site, bias: Value, dout: Value): Value | null {
    const { inputs: { scale }, attributes } = at;
    const { columns, size } = sideBySide(at, dout);
    const scaled = scale === undefined
      ? dout
      : scaleGroups(g, { label: `${label}.gradient.scaled`, x: dout, scale, size });
    const isWhole = attributes.bias.offset === 0 && columns === lastOf(bias.shape);
    const shape = isWhole ? bias.shape : [...bias.shape.slice(0, -1), columns];
    const sums = columnSums(g, { label: `${label}.gradient.bias`, x: scaled, shape });
    if (isWhole) return sums;
    at.accumulate(
      "bias",
      (to) => addPlaced(g, { label: `${label}.gradient.bias.placed`, to, x: sums, at: attributes.bias.offset }),
    );
    return null;
  }
}

/**
 * The columns of a result whose matrices lie side by side without gaps, each with its bias, and of one of them.
 *
 * @throws {Error} If they lie otherwise.
 */
function sideBySide(at: Site, { shape }: Value): { columns: number; size: number } {
  const { n, batch, out, bias } = at.attributes;
  const { factor: width, symbols } = factorsOf(n);
  const { factor: matrices, symbols: batches } = factorsOf(batch);
  const size = pitch(width);
  const isSideBySide = matrices === 1 || (width === size && out.batch === size && bias.batch === size);
  const columns = lastOf(shape);
  if (symbols !== "" || batches !== "" || !isSideBySide || columns !== (matrices - 1) * size + width) {
    throw unsupported(at, "bias", "matrices side by side, one bias behind the other");
  }
  return { columns, size };
}

/** The gradient of an input, or null if it was added to what is there. */
function gradientOf(
  g: Graph,
  at: Site,
  { input, stored, call, product }: {
    input: "a" | "b";
    stored: Stored;
    call: Pick<MatmulCall, "a" | "b" | "k">;
    product: Product;
  },
): Value | null {
  const { label, attributes: { batch } } = at;
  const { value, rows: m, columns: n, offset = 0, stride, batch: distance = 0 } = stored;
  const matrices = factorsOf(batch);
  const isOne = matrices.symbols === "" && matrices.factor === 1;
  if (!isOne && distance === 0) throw unsupported(at, input, "a matrix of its own for each of the batch");
  const traced = (name: string, out: MatmulCall["out"]) =>
    product(g, { label: `${label}.gradient.${name}`, ...call, m, n, batch, out });
  if (offset === 0 && isWhole(stored, batch)) {
    return traced(input, { shape: value.shape, batch: distance, ...(stride !== undefined && { stride }) });
  }
  const width = factorsOf(n);
  const ownStride = pitch(Number(lastOf(value.shape)));
  const isSideBySide = isOne || distance === pitch(width.factor);
  const isRows = value.shape.length === 2 && sameExtent(m, value.shape[0] as Extent);
  const takesWholeRows = isRows && offset < ownStride && (stride === undefined || stride === ownStride);
  if (width.symbols !== "" || matrices.symbols !== "" || !isSideBySide || !takesWholeRows) {
    throw unsupported(at, input, "columns of all rows of a matrix, batches side by side");
  }
  const columns = (matrices.factor - 1) * pitch(width.factor) + width.factor;
  const shape = [value.shape[0] as number, columns];
  const x = traced(`${input}.part`, { shape, ...(!isOne && { batch: pitch(width.factor) }) });
  at.accumulate(input, (to) => addPlaced(g, { label: `${label}.gradient.${input}.placed`, to, x, at: offset }));
  return null;
}

/** Whether the matrices are all that a value holds, each element in one of them, so that their gradients are the value's. */
function isWhole({ value, rows, columns, stride, batch: distance = 0 }: Stored, batch: Extent): boolean {
  const last = lastOf(value.shape);
  const held = factorsOf([...value.shape.slice(0, -1), typeof last === "number" ? pitch(last) : last]);
  const { factor, symbols } = factorsOf(columns);
  const width = symbols === "" ? pitch(factor) : columns;
  const used = factorsOf([...sizesOf(rows), ...sizesOf(width), ...sizesOf(batch)]);
  if (held.factor !== used.factor || held.symbols !== used.symbols) return false;
  // A view of columns that only a call knows takes all of its value.
  if (typeof width !== "number" || typeof last !== "number") return stride === undefined;
  const step = stride ?? pitch(last);
  const matrices = factorsOf(batch);
  if (matrices.symbols === "" && matrices.factor === 1) return step === width;
  const height = factorsOf(rows);
  const isBehind = step === width && height.symbols === "" && distance === height.factor * step;
  const isSideBySide = distance === width && matrices.symbols === "" && step === matrices.factor * distance;
  return isBehind || isSideBySide;
}

function sizesOf(extent: Extent): (Exclude<Extent, readonly unknown[]>)[] {
  return Array.isArray(extent) ? [...extent] : [extent as Exclude<Extent, readonly unknown[]>];
}

function sameExtent(one: Extent, other: Extent): boolean {
  const [a, b] = [factorsOf(one), factorsOf(other)];
  return a.factor === b.factor && a.symbols === b.symbols;
}

function flipped<P extends Placed>(place: P): P {
  return { ...place, transposed: !(place.transposed ?? false) };
}

function placeOf({ offset, stride, batch }: Placed): Placed {
  return {
    ...(offset !== undefined && { offset }),
    ...(stride !== undefined && { stride }),
    ...(batch !== undefined && { batch }),
  };
}

function unsupported({ label, inputs }: Site, input: keyof ProductInputs, expected: string): Error {
  return new Error(
    `Cannot differentiate ${label} (matmul): ${input} must be ${expected}, got a view of ` +
      `[${inputs[input]?.shape.join(", ")}]`,
  );
}
