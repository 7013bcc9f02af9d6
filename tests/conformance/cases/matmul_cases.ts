/** What the cases of all matmul kernels are made of: one product, and the sizes and epilogues that each must get right. */

import type { Constants } from "../../../src/kernels/kernel.ts";
import { pitch } from "../../../src/kernels/kernel.ts";
import { matmulAt, type MatmulCall, outIndex } from "../../reference/matmul.ts";
import { matmulBound } from "../bounds.ts";
import type { Cases, ConformanceCase, Expected } from "../conformance.ts";
import type { matmul } from "../../../src/kernels/products/matmul.ts";
import { random } from "../data.ts";

type MatmulCase = ConformanceCase<keyof typeof matmul.params, keyof typeof matmul.bindings>;

/** Outputs computed in the twin where there are more. */
const SAMPLES = 4096;

/** What out holds between the outputs before and after, where it is wider than they are. */
const UNTOUCHED = 77;

/** Nothing to do, nothing to sum, and batches of a few rows: as whole matrices, and as columns of wider ones. */
export function* smallCases(constants: Constants): Cases<typeof matmul> {
  for (const [m, n, k] of [[0, 5, 5], [5, 0, 5], [5, 5, 0]] as const) yield matmulCase(constants, { m, n, k });
  yield matmulCase(constants, { m: 5, n: 5, k: 0, bias: 2, activation: 1, residual: 1 });
  yield matmulCase(constants, { m: 5, n: 5, k: 5, batch: 0 });
  for (const batch of [1, 3]) {
    yield matmulCase(constants, { m: 7, n: 9, k: 13, batch });
    yield matmulCase(constants, { m: 21, n: 34, k: 6, batch, sliced: true });
    yield matmulCase(constants, { m: 9, n: 13, k: 7, batch, sliced: true, bias: 2, activation: 2, residual: 1 });
  }
}

/** Products with B in halves: the kernel reads B in one place, so few sizes show all that differs. */
export function* halvedCases(constants: Constants): Cases<typeof matmul> {
  for (const [m, n, k] of [[1, 1, 1], [9, 13, 7], [67, 70, 33], [4, 129, 96]] as const) {
    yield matmulCase(constants, { m, n, k, bias: 1, halves: true });
  }
  yield matmulCase(constants, { m: 21, n: 34, k: 6, batch: 3, sliced: true, residual: 1, halves: true });
}

/** Every bias with every activation, with and without residual. */
export function* epilogueCases(constants: Constants): Cases<typeof matmul> {
  for (const bias of [0, 1, 2]) {
    for (const activation of [0, 1, 2, 3, 4, 5]) {
      for (const residual of [0, 1]) {
        yield matmulCase(constants, { m: 9, n: 13, k: 7, batch: 2, bias, activation, residual });
      }
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
  /** Whether B is f16. */
  halves?: boolean;
  /** What the distance of rows is a multiple of. */
  unit?: number;
}

/** One product whose matrices are slices of wider ones, their rows as far apart as copies to textures take. */
export function texturedCase(constants: Constants, sizes: Sizes): MatmulCase {
  return matmulCase(constants, { ...sizes, sliced: true, unit: 64 });
}

/** One product under complete constants of a matmul kernel. */
export function matmulCase(constants: Constants, sizes: Sizes): MatmulCase {
  const { m, n, k, batch = 1, sliced = false, bias = 0, activation = 0, residual = 0, halves = false, unit = 4 } =
    sizes;
  const { TRANSPOSE_A = 0, TRANSPOSE_B } = constants; // matmul_split has no TRANSPOSE_A.
  const next = random(m * 31 + n * 17 + k);
  const a = operand(TRANSPOSE_A ? [k, m] : [m, k], { batch, sliced, unit }, next);
  const b = operand(TRANSPOSE_B ? [n, k] : [k, n], { batch, sliced, unit }, next);
  if (halves) b.values = b.values.map(Math.f16round);
  const shift = operand([1, n], { batch, sliced, unit }, next);
  const added = operand([m, n], { batch, sliced, unit }, next);
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
    b: halves ? new Float16Array(b.values) : b.values,
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
function operand(
  [rows, columns]: readonly [number, number],
  { batch, sliced, unit }: { batch: number; sliced: boolean; unit: number },
  next: () => number,
) {
  const width = pitch(columns);
  const offset = sliced ? 8 : 0;
  const stride = sliced ? Math.ceil((batch + 1) * width / unit) * unit : width;
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
    bound[slot] = matmulBound(call.params, output.magnitude);
  }
  return { values, bound, at: sampled ? at : undefined };
}
