/** What the kernels of dropout and of optimizers must write, and how far they may be from it. */

import type { Params } from "../../src/kernels/kernel.ts";
import type { adamw as adamwKernel } from "../../src/kernels/training/optimizer/adamw.ts";
import type { dropout as dropoutKernel } from "../../src/kernels/training/dropout.ts";
import type { sgd as sgdKernel } from "../../src/kernels/training/optimizer/sgd.ts";
import { partialsOf } from "../../src/kernels/training/optimizer/sum_squares.ts";
import type { stepControl as controlKernel } from "../../src/kernels/training/optimizer/step_control.ts";
import { accumulate } from "../reference/accumulate.ts";
import { adamw } from "../reference/adamw.ts";
import { dropout } from "../reference/dropout.ts";
import { sgd } from "../reference/sgd.ts";
import { stepControl } from "../reference/step_control.ts";
import { sumSquares } from "../reference/sum_squares.ts";
import { bitsOf } from "./bits.ts";
import { rounding } from "./bounds.ts";
import { type Columns, placesOf, taken } from "./column_ranges.ts";
import type { Expected } from "./conformance.ts";

/** A rounding of a number of size 1. */
const ROUNDING = 2 ** -24;

type ParamsOf<K> = K extends { writeParams(view: DataView, offset: number, params: infer P): void } ? P : never;

/** Params as the kernel has them: fractions as f32. */
function rounded<F extends string>(params: Params<F>): Params<F> {
  return Object.fromEntries(
    Object.entries<number>(params).map(([name, value]) => {
      return [name, Number.isInteger(value) ? value : Math.fround(value)];
    }),
  ) as Params<F>;
}

/** Of dropout: bit by bit if nothing is computed; else a rounding of the product, and one of the sum. */
export function expectedDropout(
  params: ParamsOf<typeof dropoutKernel>,
  { x, residual }: { x: Float32Array; residual: Float32Array },
): Expected {
  const { seed, stream, threshold, scale } = rounded(params);
  if (threshold === 0 && params.residual === 0) return { values: bitsOf(x) };
  const call = { x, seed, stream, threshold, scale };
  const values = dropout({ ...call, residual: params.residual > 0 ? residual : null });
  const products = dropout({ ...call, residual: null });
  return { values, bound: values.map((value, i) => ROUNDING * (Math.abs(value) + Math.abs(products[i] as number))) };
}

/** Of sums in place: bit by bit if they begin, whatever was there; else a rounding. */
export function expectedAccumulate(call: { x: Float32Array; out: Float32Array; keep: number }): Expected {
  if (call.keep === 0) return { values: bitsOf(call.x) };
  const values = accumulate(call);
  return { values, bound: values.map(rounding) };
}

/**
 * Of the partial sums of squares: a rounding for each addition in a lane and in the tree, and one for each square. No term
 * is negative, so none is larger than the sum.
 */
export function expectedSquares(
  { to, ...columns }: Columns & { to: number },
  { x, lanes }: { x: Float32Array; lanes: number },
): Expected {
  const count = columns.rows * columns.columns;
  const groups = partialsOf(count);
  const sums = sumSquares(taken(x, columns, placesOf(columns)), { groups, lanes });
  const finite = [...sums.keys()].filter((w) => Number.isFinite(sums[w]));
  // What is not finite is compared bit by bit, and then nothing else.
  const compared = finite.length === groups ? finite : [...sums.keys()].filter((w) => !finite.includes(w));
  const values = Float64Array.from(compared, (w) => sums[w] as number);
  const terms = Math.ceil(count / 4 / groups / lanes) + 2 + Math.log2(lanes) + 1;
  const places = Uint32Array.from(compared, (w) => to + w);
  if (finite.length < groups) return { values: bitsOf(Float32Array.from(values)), at: places };
  return { values, at: places, bound: values.map((sum) => terms * ROUNDING * sum) };
}

/**
 * Of the control of a step: the sum of partials has a rounding for each addition, of which the norm has half; its root and
 * the quotient are precise to 2.5 units in the last place, and the corrections to 1e-6. If the step is not applied, what
 * is not computed is compared bit by bit.
 */
export function expectedControl(
  params: ParamsOf<typeof controlKernel>,
  { partials, loss, state, lanes }: {
    partials: Float32Array;
    loss: Float32Array;
    state: Float32Array;
    lanes: number;
  },
): Expected {
  const { count, apply, max_norm, log_beta1, log_beta2 } = rounded(params);
  const call = {
    partials: partials.subarray(0, count),
    loss: loss[0] as number,
    state,
    apply,
    max_norm,
    log_beta1,
    log_beta2,
  };
  const values = stepControl(call);
  const [, norm = 0, clip = 0, ok] = values;
  if (ok === 0) {
    const bits = bitsOf(Float32Array.from(values));
    bits[0] = bitsOf(loss)[0] as number;
    const places = [0, 1, 2, 3, 4, 5, 6, 7].filter((i) => i !== 1 || norm === Infinity);
    return { values: Uint32Array.from(places, (i) => bits[i] as number), at: Uint32Array.from(places) };
  }
  const root = ((count / lanes + Math.log2(lanes)) / 2 + 5) * ROUNDING;
  const bound = values.map((value, i) =>
    [0, root, clip < 1 ? root + 6 * ROUNDING : 0, 0, 0, 1e-6, 1e-6, 0][i]! * value
  );
  return { values, bound };
}

/**
 * Of AdamW: a rounding for each operation, where a quotient may be off by 2.5 units in the last place and a root by as
 * much; the step inherits the errors of the moments.
 */
export function expectedAdamw(
  params: ParamsOf<typeof adamwKernel>,
  data: Record<"g" | "state" | "p" | "m" | "v", Float32Array>,
): Record<"p" | "m" | "v", Expected> {
  const numbers = rounded(params);
  const at = placesOf(params);
  const [g, p, m, v] = [data.g, data.p, data.m, data.v].map((one) => taken(one, params, at)) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const where = at && { at };
  const [, , clip, ok, , c1, c2] = data.state as unknown as [0, 0, number, number, 0, number, number];
  if (ok === 0) {
    return {
      p: { values: bitsOf(p), ...where },
      m: { values: bitsOf(m), ...where },
      v: { values: bitsOf(v), ...where },
    };
  }
  const found = adamw({ ...numbers, g, p, m, v, clip, corrections: [c1, c2] });
  const { lr, decay, rest1, rest2, eps } = numbers;
  const zeros = () => new Float64Array(p.length);
  const bounds = { p: zeros(), m: zeros(), v: zeros() };
  for (let i = 0; i < p.length; i++) {
    const gradient = Math.abs(clip * g[i]!);
    const [first, second, old] = [found.m[i]!, found.v[i]!, Math.abs(p[i]!)];
    bounds.m[i] = ROUNDING * (Math.abs(m[i]!) + 2 * rest1 * gradient + Math.abs(first));
    bounds.v[i] = ROUNDING * (v[i]! + 4 * rest2 * gradient ** 2 + second);
    const scale = lr / c1 / (Math.sqrt(second / c2) + eps);
    const step = Math.abs(scale * first);
    const inherited = scale * bounds.m[i]! + (second > 0 ? step * bounds.v[i]! / second / 2 : 0);
    const sum = ROUNDING * (2 * decay * old + Math.abs(decay * old) + step + Math.abs(found.p[i]!));
    bounds.p[i] = 22 * ROUNDING * step + inherited + sum;
  }
  return {
    p: { values: found.p, bound: bounds.p, ...where },
    m: { values: found.m, bound: bounds.m, ...where },
    v: { values: found.v, bound: bounds.v, ...where },
  };
}

/** Of gradient descent: a rounding for each operation. */
export function expectedSgd(
  params: ParamsOf<typeof sgdKernel>,
  data: Record<"g" | "state" | "p" | "b", Float32Array>,
): Record<"p" | "b", Expected> {
  const numbers = rounded(params);
  const at = placesOf(params);
  const [g, p, b] = [data.g, data.p, data.b].map((one) => taken(one, params, at)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const where = at && { at };
  const [clip, ok] = [data.state[2] as number, data.state[3]];
  if (ok === 0) return { p: { values: bitsOf(p), ...where }, b: { values: bitsOf(b), ...where } };
  const found = sgd({ ...numbers, g, p, b, clip });
  const { lr, decay, momentum } = numbers;
  const bounds = found.b.map((_, i) => {
    return 4 * ROUNDING * (Math.abs(momentum * b[i]!) + Math.abs(clip * g[i]!) + Math.abs(decay * p[i]!));
  });
  return {
    p: {
      values: found.p,
      bound: found.p.map((value, i) => lr * bounds[i]! + ROUNDING * (Math.abs(lr * found.b[i]!) + Math.abs(value))),
      ...where,
    },
    b: { values: found.b, bound: bounds, ...where },
  };
}
