/** The linear layer of a table in slices, as a decoder that shares large word embeddings. */

import type { Graph } from "../../graph.ts";
import { apply, type Op } from "../../op.ts";
import { lastOf } from "../../shape.ts";
import { checkSlices, namedSlices, rowsOfSlices, type Slice, type Slices, slicesOf } from "../slices.ts";
import { expectType, expectVector } from "../../types.ts";
import type { Type, Value } from "../../value.ts";
import { columnSums } from "../training/column_sums.ts";
import { matmul } from "./matmul.ts";

type Inputs = { x: Value; bias?: Value } & Slices<Value>;

/** `x W^T + bias` over the last dimension, W the slices one below the other. */
export const linearSlicesOp: Op<Inputs, null, { out: Value }> = {
  name: "linear_slices",

  infer({ x, bias, ...rest }) {
    expectType("x", x, { dtype: "f32", shape: ["…", "*"], layout: "pitched" });
    const slices = slicesOf(rest as Slices<Type>);
    checkSlices(slices, lastOf(x.shape));
    const columns = rowsOfSlices(slices);
    if (bias !== undefined) expectVector("bias", bias, columns);
    return { out: { shape: [...x.shape.slice(0, -1), columns], dtype: "f32", layout: "pitched" } };
  },

  // Each slice gives some columns of the result, a product into what those before have made.
  lower(g, { label, inputs: { x, bias, ...rest } }) {
    const slices = slicesOf(rest as Slices<Value>);
    const rows = x.shape.slice(0, -1);
    const shape = [...rows, rowsOfSlices(slices)];
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
    const slices = slicesOf(rest as Slices<Value>);
    return {
      ...(wanted("x") && { x: stateGradient(g, { label: `${label}.gradient.x`, x, slices, dy }) }),
      ...namedSlices(
        slices.map(({ name, ...slice }) =>
          wanted(name) ? sliceGradient(g, { label: `${label}.gradient.${name}`, x, slice, dy }) : undefined
        ),
      ) as Slices<Value>,
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
  const inputs = { x, ...(bias && { bias }), ...namedSlices(slices) };
  return apply(g, linearSlicesOp, { label, inputs, attributes: null }).out;
}
