/** The weighted sum of single numbers: a loss of several parts. */

import { weightedSum as kernel } from "../../../kernels/losses/weighted_sum.ts";
import type { Graph } from "../../graph.ts";
import { apply, type Op } from "../../op.ts";
import { type Scalar, valueOf } from "../../shape.ts";
import { expectNumber, expectType } from "../../types.ts";
import type { Value } from "../../value.ts";

/** A weight: a number, or a scalar of f32. */
type Weight = Scalar | number;
type Inputs = { a: Value; b: Value | undefined; c: Value | undefined };
type Attributes = { wa: Weight; wb: Weight; wc: Weight };

/** `wa * a + wb * b + wc * c`. */
export const weightedSumOp: Op<Inputs, Attributes, { out: Value }> = {
  name: "weighted_sum",

  infer(numbers, weights) {
    for (const [thing, type] of Object.entries(numbers)) {
      if (type !== undefined) expectType(thing, type, { dtype: "f32", shape: [] });
    }
    for (const [thing, weight] of Object.entries(weights)) {
      if (typeof weight === "number") expectNumber(thing, weight);
    }
    return { out: { shape: [], dtype: "f32", layout: "tight" } };
  },

  lower(g, { label, inputs: { a, b, c }, attributes: { wa, wb, wc } }) {
    return g.call(kernel, {
      label,
      inputs: { a, ...(b && { b }), ...(c && { c }) },
      outputs: { out: { shape: [], layout: "tight" } },
      params: (scalars) => ({
        wa: valueOf(wa, scalars),
        wb: b === undefined ? 0 : valueOf(wb, scalars),
        wc: c === undefined ? 0 : valueOf(wc, scalars),
      }),
    });
  },

  gradient(g, { label, wanted, attributes: { wa, wb, wc } }, { out }) {
    const by = (name: keyof Inputs, weight: Weight) =>
      wanted(name)
        ? weightedSum(g, { label: `${label}.gradient.${name}`, parts: [{ value: out as Value, weight }] })
        : undefined;
    return { a: by("a", wa), b: by("b", wb), c: by("c", wc) } as Partial<Inputs>;
  },
};

/**
 * The sum of `weight * value` of one to three single numbers. A part of weight 0 counts nothing, even if its number is
 * not finite.
 */
export function weightedSum(
  g: Graph,
  { label, parts }: { label: string; parts: readonly { value: Value; weight: Weight }[] },
): Value {
  const [first, second, third] = parts;
  if (first === undefined || parts.length > 3) {
    throw new RangeError(`Cannot trace ${g.path(label)} (weighted_sum): it has 1 to 3 parts, got ${parts.length}`);
  }
  const inputs = { a: first.value, b: second?.value, c: third?.value };
  const attributes = { wa: first.weight, wb: second?.weight ?? 0, wc: third?.weight ?? 0 };
  return apply(g, weightedSumOp, { label, inputs, attributes }).out;
}
