/** Dropout. */

import { pitch } from "../../../kernels/kernel.ts";
import { dropout as kernel } from "../../../kernels/training/dropout.ts";
import type { Graph } from "../../graph.ts";
import { apply, type Op } from "../../op.ts";
import { lastOf, rowsOf, type Scalar, type Scalars, valueOf } from "../../shape.ts";
import { expectNumber, expectType, expectWhole, Mismatch } from "../../types.ts";
import type { Value } from "../../value.ts";

/** One more than the largest `stream`; the steps from which masks repeat are 2^32 over this. */
export const DROPOUT_STREAMS = 4096;

type Inputs = { x: Value; residual: Value | undefined };

/** What decides which elements are zeroed. */
export interface DropoutMask {
  /** The u32 scalar that is the same in all steps of a training. */
  seed: Scalar;
  /** The u32 scalar that is another one in each pass through the model. Masks repeat after 2^20 of them. */
  step: Scalar;
  /** The share of elements that are zeroed, 0 or more and below 1: a number, or an f32 scalar. */
  rate: Scalar | number;
  /** A number of this place in the model, from 0 to 4095. */
  stream: number;
}

/** `x / (1 - rate)` where the mask says so, else 0, plus `residual`. */
export const dropoutOp: Op<Inputs, DropoutMask, { out: Value }> = {
  name: "dropout",

  infer({ x, residual }, mask) {
    expectType("x", x, { dtype: "f32", shape: ["…", "*"], layout: "pitched" });
    if (residual !== undefined) expectType("residual", residual, { dtype: "f32", shape: x.shape, layout: "pitched" });
    checkMask(mask);
    return { out: { shape: x.shape, dtype: "f32", layout: "pitched" } };
  },

  lower: (g, { label, inputs: { x, residual }, attributes: mask }) =>
    g.call(kernel, {
      label,
      inputs: { x, ...(residual && { residual }) },
      outputs: { out: { shape: x.shape } },
      params: (scalars) => ({
        count: rowsOf(x.shape, scalars) * pitch(valueOf(lastOf(x.shape), scalars)),
        ...maskParams(g.path(label), mask, scalars),
        residual: Number(residual !== undefined),
      }),
    }),

  gradient(g, { label, inputs: { residual }, attributes, wanted }, { out }) {
    const dy = out as Value;
    return {
      ...(wanted("x") && { x: dropout(g, { label: `${label}.gradient`, x: dy, ...attributes }) }),
      ...(residual && wanted("residual") && { residual: dy }),
    };
  },
};

/**
 * `x / (1 - rate)` in a random choice of elements and 0 in the others, plus `residual`: the same elements for the same
 * mask. At rate 0 the bits of x stay as they are; at rate 1 all elements are 0.
 *
 * Element i of the matrix as it lies, padding columns counted, stays if word `i % 2` of
 * `philox(seed, (stream + 4096 step) mod 2^32, floor(i / 2))` is `rate * 2^32` or more. The gradient draws the same words
 * again, so no mask is stored, and layers may be computed again.
 *
 * @param x f32, rows pitched.
 * @param residual Of the same shape.
 */
export function dropout(
  g: Graph,
  { label, x, residual, ...attributes }: { label: string; x: Value; residual?: Value } & DropoutMask,
): Value {
  return apply(g, dropoutOp, { label, inputs: { x, residual }, attributes }).out;
}

/** The second word of Philox's counter: another one for each place, and for each step until they repeat. */
export function streamOf(stream: number, step: number): number {
  return (stream + Math.imul(DROPOUT_STREAMS, step)) >>> 0;
}

/** Checks what decides about a mask. @throws {Mismatch} Naming what does not fit. */
export function checkMask({ seed, step, rate, stream }: DropoutMask): void {
  for (const [name, { dtype }] of Object.entries({ seed, step })) {
    if (dtype !== "u32") throw new Mismatch(`${name} must be a u32 scalar, got ${dtype}`);
  }
  if (typeof rate !== "number" && rate.dtype !== "f32") throw new Mismatch(`rate must be an f32 scalar, got u32`);
  if (typeof rate === "number") expectRate(rate);
  expectWhole("stream", stream, [0, DROPOUT_STREAMS - 1]);
}

/** The params of a mask. @throws {RangeError} If the call's rate is no rate; `path` names what runs. */
export function maskParams(path: string, { seed, step, rate, stream }: DropoutMask, scalars: Scalars) {
  return {
    seed: valueOf(seed, scalars),
    stream: streamOf(stream, valueOf(step, scalars)),
    ...thresholdOf(path, valueOf(rate, scalars)),
  };
}

/** The kernel's params that say how much is zeroed, for a rate that is an f32 by the time that the kernel has it. */
function thresholdOf(path: string, rate: number): { threshold: number; scale: number } {
  const rounded = Math.fround(rate);
  if (!(rounded >= 0 && rounded <= 1)) {
    throw new RangeError(`Cannot run ${path}: rate must be from 0 to 1, got ${rate}`);
  }
  // At rate 1 a word may still be as large as the largest threshold: what stays is zeroed by the factor.
  if (rounded === 1) return { threshold: 2 ** 32 - 1, scale: 0 };
  return { threshold: Math.ceil(rounded * 2 ** 32), scale: 1 / (1 - rounded) };
}

function expectRate(rate: number): void {
  expectNumber("rate", rate);
  if (!(rate >= 0 && rate <= 1)) throw new Mismatch(`rate must be from 0 to 1, got ${rate}`, RangeError);
}
