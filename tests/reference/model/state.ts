/** Matrices and weights of the float64 model, and what it does with rows. */

import { pitch } from "../../../src/kernels/kernel.ts";
import { layerNorm } from "../layer_norm.ts";

/** A tensor of a checkpoint in float64, without padding. */
export interface Weight {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** The tensors of a checkpoint by name; linear weights are `[out, in]`. */
export type Weights = ReadonlyMap<string, Weight>;

/** Rows of numbers, each padded with zeros to a multiple of 4 columns, as the twins of kernels take them. */
export interface Rows {
  readonly count: number;
  readonly columns: number;
  readonly data: Float64Array;
}

/** A weight. @throws {Error} If there is none of that name. */
export function weightOf(weights: Weights, name: string): Weight {
  const weight = weights.get(name);
  if (weight === undefined) throw new Error(`Cannot compute the model: it has no weight "${name}"`);
  return weight;
}

/** Rows of zeros. */
export function zeroRows(count: number, columns: number): Rows {
  return { count, columns, data: new Float64Array(count * pitch(columns)) };
}

/** Row-major numbers as rows. */
export function rowsOf({ shape, data }: Weight): Rows {
  const [count, columns] = shape as [number, number];
  const rows = zeroRows(count, columns);
  for (let r = 0; r < count; r++) rows.data.set(data.subarray(r * columns, (r + 1) * columns), r * pitch(columns));
  return rows;
}

/** Some of the rows, in the order of an index. */
export function pick({ columns, data }: Rows, index: readonly number[]): Rows {
  const rows = zeroRows(index.length, columns);
  const stride = pitch(columns);
  index.forEach((from, to) => rows.data.set(data.subarray(from * stride, (from + 1) * stride), to * stride));
  return rows;
}

/** Rows one behind the other. */
export function stack(parts: readonly Rows[], columns: number): Rows {
  const rows = zeroRows(parts.reduce((sum, { count }) => sum + count, 0), columns);
  let at = 0;
  for (const { data } of parts) {
    rows.data.set(data, at);
    at += data.length;
  }
  return rows;
}

/** Each element of each row replaced. */
export function map(x: Rows, of: (value: number) => number): Rows {
  const rows = zeroRows(x.count, x.columns);
  const stride = pitch(x.columns);
  for (let r = 0; r < x.count; r++) {
    for (let c = 0; c < x.columns; c++) rows.data[r * stride + c] = of(x.data[r * stride + c]!);
  }
  return rows;
}

/** The sum of two matrices. */
export function plus(x: Rows, y: Rows): Rows {
  return { ...x, data: x.data.map((value, i) => value + y.data[i]!) };
}

/** `out[r, n] = sum over k of x[r, k] w[n, k] + b[n]`. */
export function affine(x: Rows, { shape: [outputs, inputs], data: w }: Weight, { data: b }: Weight): Rows {
  const rows = zeroRows(x.count, outputs!);
  for (let r = 0; r < x.count; r++) {
    const from = r * pitch(x.columns);
    for (let n = 0; n < outputs!; n++) {
      let sum = b[n]!;
      for (let k = 0; k < inputs!; k++) sum += x.data[from + k]! * w[n * inputs! + k]!;
      rows.data[r * pitch(outputs!) + n] = sum;
    }
  }
  return rows;
}

/** The linear layer `path` of each row. */
export function dense(x: Rows, weights: Weights, path: string): Rows {
  return affine(x, weightOf(weights, `${path}.weight`), weightOf(weights, `${path}.bias`));
}

/** The LayerNorm `path` of each row. */
export function norm(x: Rows, weights: Weights, { path, eps }: { path: string; eps: number }): Rows {
  const [weight, bias] = [weightOf(weights, `${path}.weight`).data, weightOf(weights, `${path}.bias`).data];
  return { ...x, data: layerNorm({ rows: x.count, columns: x.columns, eps, x: x.data, weight, bias }) };
}
