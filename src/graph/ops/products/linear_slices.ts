/** The linear layer of a weight in slices, as a decoder that shares large word embeddings. */

import type { Graph } from "../../graph.ts";
import { apply, type Op, type TypesOf } from "../../op.ts";
import { type Dim, lastOf } from "../../shape.ts";
import { expectType, expectVector, Mismatch } from "../../types.ts";
import type { Type, Value } from "../../value.ts";
import { columnSums } from "../training/column_sums.ts";
import { matmul } from "./matmul.ts";

/** Some rows of a weight, and the number of the first of them. */
interface Slice<T> {
  readonly name: `slice${number}`;
  readonly value: T;
  readonly first: number;
  readonly rows: number;
}

/** The slices are `slice0`, `slice1`, … */
type Inputs = { x: Value; bias?: Value; readonly [name: Slice<Value>["name"]]: Value };

/** The slices among values by name, in order. */
function slicesOf<T extends Type>(inputs: { readonly [name: Slice<T>["name"]]: T }): Slice<T>[] {
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

/** Values by the names of slices. */
function named<T>(values: readonly T[]): { readonly [name: Slice<T>["name"]]: T } {
  return Object.fromEntries(values.map((value, i) => [`slice${i}`, value]));
}

/** Rows of all slices. */
function rowsOf(slices: readonly Slice<Type>[]): number {
  return slices.reduce((sum, { rows }) => sum + rows, 0);
}

/** Checks slices, whose rows must have so many columns. */
function checkSlices(slices: readonly Slice<Type>[], columns: Dim): void {
  const [first] = slices;
  if (first === undefined) throw new Mismatch("slices must be one or more, got none");
  const rest = { shape: ["*", columns], layout: "pitched" } as const;
  expectType(first.name, first.value, { dtype: ["f32", "f16"], ...rest });
  for (const { name, value, rows } of slices) {
    expectType(name, value, { dtype: first.value.dtype, ...rest });
    const isLast = name === slices.at(-1)?.name;
    if (typeof rows === "number" && (isLast || rows % 4 === 0)) continue;
    const expected = isLast ? "a fixed number of rows" : "a multiple of 4 rows, as all but the last";
    throw new Mismatch(`${name} must have ${expected}, got [${value.shape.join(", ")}]`);
  }
}

/** `x W^T + bias` over the last dimension, W the slices one below the other. */
export const linearSlicesOp: Op<Inputs, null, { out: Value }> = {
  name: "linear_slices",

  infer({ x, bias, ...rest }) {
    expectType("x", x, { dtype: "f32", shape: ["…", "*"], layout: "pitched" });
    const slices = slicesOf(rest as TypesOf<Inputs>);
    checkSlices(slices, lastOf(x.shape));
    const columns = rowsOf(slices);
    if (bias !== undefined) expectVector("bias", bias, columns);
    return { out: { shape: [...x.shape.slice(0, -1), columns], dtype: "f32", layout: "pitched" } };
  },

  // Each slice gives some columns of the result, a product into what those before have made.
  lower(g, { label, inputs: { x, bias, ...rest } }) {
    const slices = slicesOf<Value>(rest);
    const rows = x.shape.slice(0, -1);
    const shape = [...rows, rowsOf(slices)];
    let out: Value | undefined;
    for (const { value, first, rows: n } of slices) {
      out = matmul(g, {
        label,
        a: { value: x },
        b: { value, transposed: true },
        m: rows,
        n,
        k: lastOf(x.shape),
        out: { shape, offset: first },
        ...(bias && { bias: { value: bias, offset: first } }),
        ...(out && { into: out }),
      });
    }
    return { out: out as Value };
  },

  gradient(g, { label, inputs: { x, bias, ...rest }, wanted }, { out }) {
    const dy = out as Value;
    const slices = slicesOf<Value>(rest);
    return {
      ...(wanted("x") && { x: stateGradient(g, { label: `${label}.gradient.x`, x, slices, dy }) }),
      ...named(
        slices.map(({ name, ...slice }) =>
          wanted(name) ? sliceGradient(g, { label: `${label}.gradient.${name}`, x, slice, dy }) : undefined
        ),
      ) as Partial<Inputs>,
      ...(bias && wanted("bias") && {
        bias: columnSums(g, { label: `${label}.gradient.bias`, x: dy, shape: bias.shape }),
      }),
    };
  },
};

/** `dx = dy W`: the sum of a product for each slice, each of which adds what those before have made. */
function stateGradient(
  g: Graph,
  { label, x, slices, dy }: { label: string; x: Value; slices: readonly Slice<Value>[]; dy: Value },
): Value {
  let sum: Value | undefined;
  for (const { value, first, rows: k } of slices) {
    sum = matmul(g, {
      label,
      a: { value: dy, offset: first },
      b: { value },
      m: x.shape.slice(0, -1),
      n: lastOf(x.shape),
      k,
      out: { shape: x.shape },
      ...(sum && { residual: sum }),
    });
  }
  return sum as Value;
}

/** `dW = dy^T x` for the rows of a slice, which are columns of dy. */
function sliceGradient(
  g: Graph,
  { label, x, slice, dy }: { label: string; x: Value; slice: Omit<Slice<Value>, "name">; dy: Value },
): Value {
  return matmul(g, {
    label,
    a: { value: dy, offset: slice.first, transposed: true },
    b: { value: x },
    m: slice.rows,
    n: lastOf(x.shape),
    k: x.shape.slice(0, -1),
    out: { shape: slice.value.shape },
  });
}

/**
 * `x W^T + bias` over the last dimension.
 *
 * @param x `[…, in]`.
 * @param slices The rows of W `[out, in]`, one below the other, f32 or f16. All but the last have a multiple of 4 rows.
 * @param bias `[out]` or `[1, out]`.
 */
export function linearSlices(
  g: Graph,
  { label, x, slices, bias }: { label: string; x: Value; slices: readonly Value[]; bias?: Value },
): Value {
  const inputs = { x, ...(bias && { bias }), ...named(slices) };
  return apply(g, linearSlicesOp, { label, inputs, attributes: null }).out;
}
