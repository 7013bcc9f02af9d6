/** Rows of numbers in float64, and their products with weights. */

import type { Elements } from "../../nn/layout/lay_out.ts";

/** A matrix, row-major. */
export interface Rows {
  readonly count: number;
  readonly columns: number;
  readonly data: Float64Array;
}

/** Elements of weights that are read at once: 1 MiB. */
const CHUNK = 1 << 18;

/** Rows of zeros. */
export function zeroRows(count: number, columns: number): Rows {
  return { count, columns, data: new Float64Array(count * columns) };
}

/** A row of a matrix: a view. */
export function rowOf({ columns, data }: Rows, r: number): Float64Array {
  return data.subarray(r * columns, (r + 1) * columns);
}

/** Some of the rows, in the order of an index. */
export function pick(x: Rows, index: ArrayLike<number>): Rows {
  const rows = zeroRows(index.length, x.columns);
  for (let to = 0; to < index.length; to++) rows.data.set(rowOf(x, index[to] as number), to * x.columns);
  return rows;
}

/** Adds a matrix to another one. */
export function add(x: Rows, y: Rows): Rows {
  for (let i = 0; i < x.data.length; i++) x.data[i]! += y.data[i]!;
  return x;
}

/** `out[r, n] = sum over k of x[r, k] w[n, k] + b[n]`, the weights `[N, K]` read chunk by chunk. */
export function linear(x: Rows, weight: Elements, bias: ArrayLike<number>): Rows {
  const [inputs, outputs] = [x.columns, bias.length];
  const out = zeroRows(x.count, outputs);
  const most = Math.max(1, Math.floor(CHUNK / inputs));
  for (let begin = 0; begin < outputs; begin += most) {
    const end = Math.min(outputs, begin + most);
    const w = weight.subarray(begin * inputs, end * inputs);
    for (let r = 0; r < x.count; r += 4) {
      // Four rows at once: the sums do not wait for each other, and weights are converted once for all four.
      const rows = [0, 1, 2, 3].map((i) => rowOf(x, Math.min(r + i, x.count - 1))) as unknown as FourRows;
      for (let n = begin; n < end; n++) {
        const sums = fourDots(rows, w, (n - begin) * inputs);
        for (let i = 0; i < 4 && r + i < x.count; i++) out.data[(r + i) * outputs + n] = sums[i]! + bias[n]!;
      }
    }
  }
  return out;
}

type FourRows = readonly [Float64Array, Float64Array, Float64Array, Float64Array];

const SUMS = new Float64Array(4);

/** The dot products of four rows with the weights from `at` on; the next call overwrites them. */
function fourDots([x0, x1, x2, x3]: FourRows, w: Float32Array, at: number): Float64Array {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  for (let k = 0; k < x0.length; k++) {
    const value = w[at + k]!;
    s0 += x0[k]! * value;
    s1 += x1[k]! * value;
    s2 += x2[k]! * value;
    s3 += x3[k]! * value;
  }
  SUMS[0] = s0;
  SUMS[1] = s1;
  SUMS[2] = s2;
  SUMS[3] = s3;
  return SUMS;
}
