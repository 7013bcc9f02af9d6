/** Cases of matmul: sizes pairwise, all transposes, every epilogue, batches of slices. */

import type { Constants } from "../../../src/kernels/kernel.ts";
import { pitch } from "../../../src/kernels/kernel.ts";
import { matmul } from "../../../src/kernels/matmul.ts";
import { matmulAt, type MatmulCall, outIndex } from "../../reference/matmul.ts";
import type { Cases, ConformanceCase, Expected } from "../conformance.ts";
import { random } from "../data.ts";

type MatmulCase = ConformanceCase<keyof typeof matmul.params, keyof typeof matmul.bindings>;

/** Outputs computed in the twin where there are more. */
const SAMPLES = 4096;

/** What out holds between the outputs before and after, where it is wider than they are. */
const UNTOUCHED = 77;

const SMALL = [1, 2, 3, 31, 32, 33, 63, 64, 65, 127, 128, 129];
const LARGE = [768, 3072];

export function* cases(): Cases<typeof matmul> {
  for (const [i, constants] of matmul.variants().entries()) {
    const thorough = i === 0;
    const sizes = thorough ? pairwise(SMALL, LARGE) : pairwise([1, 3, 32, 33, 65], [768]);
    for (const [m, n, k] of sizes) yield matmulCase(constants, { m, n, k });
    for (const [m, n, k] of [[0, 5, 5], [5, 0, 5], [5, 5, 0]] as const) yield matmulCase(constants, { m, n, k });
    yield matmulCase(constants, { m: 5, n: 5, k: 0, bias: 2, activation: 1, residual: 1 });
    yield matmulCase(constants, { m: 5, n: 5, k: 5, batch: 0 });
    for (const batch of [1, 3]) {
      yield matmulCase(constants, { m: 7, n: 9, k: 13, batch });
      yield matmulCase(constants, { m: 21, n: 34, k: 6, batch, sliced: true });
      yield matmulCase(constants, { m: 9, n: 13, k: 7, batch, sliced: true, bias: 2, activation: 2, residual: 1 });
    }
  }
  for (const bias of [0, 1, 2]) {
    for (const activation of [0, 1, 2, 3, 4, 5]) {
      for (const residual of [0, 1]) {
        yield matmulCase({}, { m: 9, n: 13, k: 7, batch: 2, bias, activation, residual });
      }
    }
  }
}

/** Sizes [m, n, k] in which every pair of small sizes, and of a small and a large one, occurs in every two places. */
function* pairwise(small: readonly number[], large: readonly number[]): Generator<[number, number, number]> {
  const at = (i: number) => small[i % small.length] as number;
  for (let i = 0; i < small.length; i++) {
    for (let j = 0; j < small.length; j++) yield [at(i), at(j), at(i + j)];
    for (const size of large) {
      yield [size, at(i), at(i + 1)];
      yield [at(i), size, at(i + 1)];
      yield [at(i), at(i + 1), size];
    }
  }
}

interface Sizes {
  m: number;
  n: number;
  k: number;
  batch?: number;
  /** Whether the operands are columns of wider matrices, as the heads of a projection are. */
  sliced?: boolean;
  bias?: number;
  activation?: number;
  residual?: number;
}

function matmulCase(constants: Constants, sizes: Sizes): MatmulCase {
  const { m, n, k, batch = 1, sliced = false, bias = 0, activation = 0, residual = 0 } = sizes;
  const { TRANSPOSE_A, TRANSPOSE_B } = matmul.constants(constants);
  const next = random(m * 31 + n * 17 + k);
  const a = operand(TRANSPOSE_A ? [k, m] : [m, k], batch, sliced, next);
  const b = operand(TRANSPOSE_B ? [n, k] : [k, n], batch, sliced, next);
  const shift = operand([1, n], batch, sliced, next);
  const added = operand([m, n], batch, sliced, next);
  const params: MatmulCall["params"] = {
    m,
    n,
    k,
    batch,
    a_offset: a.offset,
    a_stride: a.stride,
    a_batch: a.batch,
    b_offset: b.offset,
    b_stride: b.stride,
    b_batch: b.batch,
    out_offset: added.offset,
    out_stride: added.stride,
    out_batch: added.batch,
    bias_offset: shift.offset,
    bias_batch: shift.batch,
    bias,
    activation,
    residual,
  };
  const buffers = {
    a: a.values,
    b: b.values,
    bias: bias > 0 ? shift.values : 16, // What is off must not be read: 16 bytes of NaN.
    bias_scale: bias === 2 ? Float32Array.from({ length: m * batch }, next) : 16,
    residual: residual ? added.values : 16,
    out: sliced ? new Float32Array(added.values.length).fill(UNTOUCHED) : added.values.byteLength,
  };
  const call = {
    params,
    transposeA: TRANSPOSE_A === 1,
    transposeB: TRANSPOSE_B === 1,
    a: a.values,
    b: b.values,
    bias: shift.values,
    bias_scale: typeof buffers.bias_scale === "number" ? [] : buffers.bias_scale,
    residual: added.values,
  };
  return {
    name: JSON.stringify(sizes),
    constants,
    params,
    buffers,
    expected: { out: expected(call, next, added.values.length) },
  };
}

/**
 * A stack of matrices in a buffer. As slices they lie side by side, and NaN lies before, between and after them (for four
 * rows more, which is as far as a block may reach).
 */
function operand([rows, columns]: readonly [number, number], batch: number, sliced: boolean, next: () => number) {
  const width = pitch(columns);
  const offset = sliced ? 8 : 0;
  const stride = sliced ? (batch + 1) * width : width;
  const step = sliced ? width : rows * width;
  const length = sliced ? offset + (rows + 4) * stride : batch * step;
  const values = new Float32Array(length).fill(NaN);
  for (let i = 0; i < batch; i++) {
    for (let row = 0; row < rows; row++) {
      const at = offset + i * step + row * stride;
      for (let column = 0; column < width; column++) values[at + column] = column < columns ? next() : 0;
    }
  }
  return { values, offset, stride, batch: step };
}

/** What out must hold: all of it, or where that is much, a sample of its rows' elements. Padding columns belong to it. */
function expected(call: MatmulCall, next: () => number, length: number): Expected {
  const { m, n, batch } = call.params;
  const width = pitch(n);
  const total = batch * m * width;
  const sampled = total > SAMPLES;
  const count = sampled ? SAMPLES : total;
  const at = new Uint32Array(count);
  const values = new Float64Array(sampled ? count : length).fill(UNTOUCHED);
  const bound = new Float64Array(sampled ? count : length);
  for (let i = 0; i < count; i++) {
    const element = sampled ? Math.floor((next() + 1) / 2 * total) : i;
    const [b, row, column] = [Math.floor(element / (m * width)), Math.floor(element / width) % m, element % width];
    const output = matmulAt(call, b, row, column);
    at[i] = outIndex(call.params, b, row, column);
    const slot = sampled ? i : at[i] as number;
    values[slot] = output.value;
    bound[slot] = errorBound(call, output.magnitude);
  }
  return { values, bound, at: sampled ? at : undefined };
}

/** Number of terms * 2^-23 * the sum of their absolute values, and what the activation does to that. */
function errorBound({ params: { k, bias, activation, residual } }: MatmulCall, magnitude: number): number {
  const sum = (k + Number(bias > 0) + residual) * 2 ** -23 * magnitude;
  const steepest = 1.13; // GELU's slope near x = 1.4
  return activation === 0 ? sum : steepest * sum + 1e-6;
}
